import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { compose } from "../../../../lambdas/inbox/message/compose.js";
import { quotable } from "../../../../lambdas/inbox/message/data.js";
import { before } from "../../../../lambdas/inbox/message/edit.js";
import type { Input } from "../../../../lambdas/inbox/message/input.js";
import { section } from "../../../../lambdas/inbox/message/section.js";
import { anyComment, anyInput, comment, failure, hostileText, options } from "./inputs.js";
import { read } from "./markdown.js";

const KiB = 1024;
const bytes = (text: string) => Buffer.byteLength(text, "utf8");
const bodyOf = (input: Input) => quotable(input.kind === "failure" ? input.text : input.body);

/** All messages that the inputs need. */
function tell(inputs: readonly Input[]): string[] {
  const messages = [];
  for (let told = 0; told < inputs.length; ) {
    const { text, taken } = compose(inputs.slice(told), options);
    expect(taken).toBeGreaterThanOrEqual(1);
    messages.push(text);
    told += taken;
  }
  return messages;
}

describe("a long text", () => {
  test.each([
    ["65,536 ASCII characters", "a".repeat(65_536)],
    ["65,536 four-byte emoji", "😀".repeat(65_536)],
    ["65,536 three-byte characters", "€".repeat(65_536)],
    ["65,536 backticks", "`".repeat(65_536)],
    ["65,536 zero-width spaces", "\u200b".repeat(65_536)],
    ["lines of fences", "````\n".repeat(13_107)],
    ["a long row of backticks at the end", `${"a".repeat(60_000)}${"`".repeat(5_536)}`],
  ])("of %s fills 64 KiB, says how much is missing, and links the rest", (_, body) => {
    const input = comment(body);
    const told = section(input);
    expect(bytes(told)).toBeLessThanOrEqual(64 * KiB);
    expect(bytes(told)).toBeGreaterThan(63 * KiB);
    const { quoted, said } = read(told);
    const [part = ""] = quoted;
    expect(quotable(body).startsWith(part)).toBe(true);
    const missing = bytes(quotable(body)) - bytes(part);
    expect(missing).toBeGreaterThan(0);
    expect(said.at(-1)).toBe(`Cut here: ${missing} bytes left out. The whole text: ${input.url}`);
    expect(told).not.toMatch(/\p{Surrogate}/u);
  });

  test("of 48 KiB, the limit for logs, is sent whole", () => {
    const log = "e".repeat(48 * KiB);
    expect(read(section(failure(log))).quoted).toEqual([log]);
  });

  test("that was cut before says how much is missing in total", () => {
    const said = (body: string) => read(section(comment(body, { missingBytes: 1000 }))).said.at(-1);
    expect(said("a")).toMatch(/^Cut here: 1000 bytes left out\. /);
    expect(said("")).toMatch(/^Cut here: 1000 bytes left out\. /);
    const long = comment("a".repeat(65_536), { missingBytes: 1000 });
    const [part = ""] = read(section(long)).quoted;
    expect(said(long.body)).toContain(`Cut here: ${1000 + 65_536 - part.length} bytes left out.`);
  });

  test.each(["😀", "\u200b", "`", "a"])(
    "stays within 64 KiB, even if every name is 60,000 times %j",
    (character) => {
      const long = character.repeat(60_000);
      const subject = { kind: "pull" as const, number: 7, url: long, repository: long };
      const common = { subject, url: long, at: long };
      const said = { author: long, path: long, line: 3, reviewState: long, previousBody: long };
      const run = { workflow: long, branch: long, headSha: long, conclusion: long };
      for (const input of [comment(long, { ...common, ...said }), failure(long, { ...common, ...run })]) {
        const told = section(input, 1);
        expect(bytes(told)).toBeLessThanOrEqual(64 * KiB);
        expect(read(told).quoted.at(-1)?.length).toBeGreaterThan(8000);
      }
    },
  );

  test("is not cut if it fits", () => {
    const told = section(comment("a".repeat(65_000)));
    expect(told).not.toContain("Cut here");
  });
});

describe("for any text", () => {
  test("one input has at most 64 KiB", () => {
    fc.assert(
      fc.property(
        anyInput,
        fc.option(fc.integer({ min: 1, max: 9999 }), { nil: undefined }),
        (input, number) => {
          expect(bytes(section(input, number))).toBeLessThanOrEqual(64 * KiB);
        },
      ),
    );
  });

  test("a message has at most 128 KiB, starts with a word, ends with its reference and has no control characters", () => {
    fc.assert(
      fc.property(
        fc.array(anyInput, { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        fc.record({ comment: hostileText, failure: hostileText, several: hostileText }),
        (inputs, mayBeRepeated, instructions) => {
          const { text, taken } = compose(inputs, { ...options, mayBeRepeated, instructions });
          expect(bytes(text)).toBeLessThanOrEqual(128 * KiB);
          expect(taken).toBeGreaterThanOrEqual(1);
          expect(taken).toBeLessThanOrEqual(inputs.length);
          expect(text).toMatch(/^[A-Z][a-z]+ /);
          expect(text).not.toMatch(/(?![\n\t])\p{Cc}|\p{Surrogate}/u);
          expect(text.split("[relay 7f3a9c2e]")).toHaveLength(2);
          expect(text.trim().endsWith("\n[relay 7f3a9c2e]")).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });

  test("a reader of the message gets exactly the quoted texts, and no part of them outside the fences", () => {
    fc.assert(
      fc.property(anyComment, (input) => {
        const { quoted, said } = read(compose([input], options).text);
        const body = bodyOf(input);
        const edited = input.previousBody !== undefined;
        const earlier = edited ? read(before(quotable(input.previousBody ?? ""), body)).quoted : [];
        const isCut = said.some((line) => line.startsWith("Cut here: "));
        const now = quoted.slice(earlier.length);
        expect(quoted.slice(0, earlier.length)).toEqual(earlier);
        if (body.trim() === "") expect(now).toEqual([]);
        else if (isCut) expect(now.length === 1 && body.startsWith(now[0] ?? "\n")).toBe(true);
        else expect(now).toEqual([body]);
        // Title, time, URL, instruction and reference, and the input's other lines.
        expect(said.filter((line) => line !== "")).toHaveLength(
          5 +
            Number(input.path !== undefined) +
            Number(input.reviewState !== undefined) +
            2 * Number(edited) +
            Number(edited && quotable(input.previousBody ?? "").trim() === "") +
            Number(body.trim() === "") +
            Number(isCut),
        );
      }),
    );
  });

  test("no input is lost, repeated or reordered over several messages", () => {
    const size = fc.constantFrom(0, 10, 3000, 30_000, 64 * KiB);
    fc.assert(
      fc.property(fc.array(fc.tuple(size, fc.boolean()), { minLength: 1, maxLength: 30 }), (plan) => {
        const inputs = plan.map(([length, failed], i) =>
          failed ? failure(`<${i}>${"x".repeat(length)}`) : comment(`<${i}>${"y".repeat(length)}`),
        );
        const messages = tell(inputs);
        const told = messages.flatMap((message) =>
          read(message).quoted.map((text) => /^<(\d+)>/.exec(text)?.[1]),
        );
        expect(told).toEqual(inputs.map((_, i) => String(i)));
        for (const message of messages) expect(bytes(message)).toBeLessThanOrEqual(128 * KiB);
      }),
      { numRuns: 30 },
    );
  });
});

describe("many inputs", () => {
  test("of 200 short comments fit into one message", () => {
    const inputs = Array.from({ length: 200 }, (_, i) => comment(`Comment number ${i}`));
    expect(compose(inputs, options).taken).toBe(200);
  });

  test("fill a message before the next one starts", () => {
    const inputs = Array.from({ length: 10 }, () => comment("x".repeat(30_000)));
    expect(tell(inputs).map((text) => read(text).quoted.length)).toEqual([4, 4, 2]);
  });

  test("are sent without a number if only the first one fits", () => {
    const { text, taken } = compose([comment("a".repeat(65_536)), comment("b".repeat(65_536))], options);
    expect(taken).toBe(1);
    expect(text).toMatch(/^Comment from octocat/);
  });
});
