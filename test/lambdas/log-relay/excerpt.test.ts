import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { excerptOf } from "../../../lambdas/log-relay/excerpt.js";
import { anyCharacter } from "../../any-character.js";
import { excerpt, quiet, stamped } from "./logs.js";

describe("the excerpt of a log", () => {
  test("is the whole log without time stamps, if it fits", async () => {
    const log = stamped(["##[group]Run make", "make all", "##[endgroup]", "\tall is well", "", "done"]);
    expect(await excerpt(`\ufeff${log}`)).toBe("Run make\nmake all\n\tall is well\n\ndone");
  });

  test("is empty if the log is empty", async () => {
    expect(await excerpt("")).toBe("");
  });

  test("has no escape sequences or other control characters, for any chunks", async () => {
    const log =
      "\u001b[31;1mred\u001b[0m \u001b]8;;https://x.test\u0007link\u001b]8;;\u001b\\ \u001b(Bplain\u0000\u0008 \u009b1mbright\n\u001b[201~pasted\u001b]no end";
    for (let cut = 0; cut <= Buffer.byteLength(log); cut++) {
      expect(await excerpt(log, 8192, [cut])).toBe("red link plain bright\npastedno end");
    }
  });

  test("treats carriage returns as line ends, alone or with a newline, for any chunks", async () => {
    const log = "one\r\ntwo\rthree\n\rfour\r\n";
    for (let cut = 0; cut <= log.length; cut++) {
      expect(await excerpt(log, 8192, [cut])).toBe("one\ntwo\nthree\n\nfour");
    }
  });

  test("shows a repeated line once, with its count", async () => {
    const log = stamped(["begin", ...Array<string>(12).fill("waiting …"), "end", "end"]);
    expect(await excerpt(log)).toBe("begin\nwaiting … … (repeated 12 times)\nend … (repeated 2 times)");
  });

  test("keeps an error far from the end with the lines around it, and the tail", async () => {
    const log = stamped([
      ...quiet(2000),
      "src/a.ts(1,2): error TS2304: Cannot find name 'x'.",
      ...quiet(3000, "Linking"),
      "the last line",
    ]);
    const text = await excerpt(log, 4096);
    expect(text).toContain("Compiling part 1999 of");
    expect(text).toContain("error TS2304");
    expect(text).toContain("Linking part 0 of");
    expect(text.endsWith("\nthe last line")).toBe(true);
    expect(text).toMatch(/^… \(1,999 lines, 102\.4 KB left out\)\n/);
    expect(text.match(/left out\)/g)).toHaveLength(2);
  });

  test("accounts for every line: shown, merged or counted as left out", async () => {
    const lines = [...quiet(500), "panic: oh", ...quiet(700, "Linking"), ...Array<string>(40).fill("same")];
    const text = await excerpt(stamped(lines), 3000);
    let seen = 0;
    for (const line of text.split("\n")) {
      const folded = /\(repeated (\d+) times\)$/.exec(line)?.[1];
      const leftOut = /^… \(([\d,]+) lines?, .* left out\)$/.exec(line)?.[1]?.replaceAll(",", "");
      seen += Number(folded ?? leftOut ?? 1);
    }
    expect(seen).toBe(lines.length);
  });

  test("prefers the first errors to later ones, but also shows the last ones", async () => {
    const errors = Array.from({ length: 5000 }, (_, i) => `lib/${i}.c:1:1: error: number ${i}`);
    const text = await excerpt(stamped([...errors, ...quiet(500)]), 8192);
    const shown = [...text.matchAll(/error: number (\d+)$/gm)].map((match) => Number(match[1]));
    expect(shown.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(shown.at(-1)).toBe(4999);
    expect(shown.filter((n) => n < 2500).length).toBeGreaterThan(2 * shown.filter((n) => n >= 2500).length);
  });

  test("prefers a tool's own report to words that passing tests use as well", async () => {
    const chatter = Array.from({ length: 3000 }, (_, i) => `handles the error of case ${i}`);
    const log = [...chatter, "--- FAIL: TestIt (0.00s)", "    it_test.go:7: got 1, want 2", ...chatter];
    const text = await excerpt(stamped(log), 4096);
    expect(text).toContain("--- FAIL: TestIt (0.00s)\n    it_test.go:7: got 1, want 2");
  });

  test("shows the lines before the runner's own error if no tool is recognized", async () => {
    const log = [...quiet(3000), "the wombat escaped", "##[error]Process completed with exit code 3."];
    const cleanup = quiet(200, "Cleaning");
    const text = await excerpt(stamped([...log, "Post job cleanup.", ...cleanup]), 4096);
    expect(text).toContain("the wombat escaped\n##[error]Process completed with exit code 3.");
  });

  test("gives the tail its share, even if there are many errors", async () => {
    const errors = Array.from({ length: 5000 }, (_, i) => `##[error]${i} is wrong ${"x".repeat(50)}`);
    const text = await excerpt(stamped([...errors, ...quiet(100)]), 8192);
    const tail = text.split("\n").filter((line) => line.startsWith("Compiling"));
    expect(Buffer.byteLength(tail.join("\n"))).toBeGreaterThan(8192 / 5);
  });

  test("shows a long line whole if it fits", async () => {
    const line = `The Job is invalid: ${"{} ".repeat(1500)}: field is immutable`;
    expect(await excerpt(`${line}\nthat is all\n`)).toBe(`${line}\nthat is all`);
  });

  test("shows both ends of a longer line, says how much is left out, and still recognizes the lines after it", async () => {
    const line = `it begins ${"a".repeat(50_000)} and ends`;
    expect(await excerpt(`${line}\npanic: too long\n`)).toBe(
      `it begins ${"a".repeat(740)} … (47.9 KB of this line left out) … ${"a".repeat(241)} and ends\npanic: too long`,
    );
  });

  test("keeps both ends of a line of any length, for any chunks", async () => {
    const line = `it begins ${"word ".repeat(40_000)}and ends`;
    const given = await excerpt(`${line}\nnext`, 8192, [9, 16_384, 33_000, 70_000]);
    expect(given).toMatch(
      /^it begins word .* … \(194\.\d KB of this line left out\) … .* word and ends\nnext$/,
    );
    expect(await excerpt(`${line}\nnext`)).toBe(given);
  });

  test("does not cut a character in two", async () => {
    const text = await excerpt(`x${"😀".repeat(20_000)}`, 8192, [3, 4099, 8193]);
    expect(text).toBe(`x${"😀".repeat(187)} … (77.2 KB of this line left out) … ${"😀".repeat(62)}`);
  });

  test("never throws, never exceeds its budget and has no control character, for any log", async () => {
    const piece = fc.oneof(
      fc.string({ unit: anyCharacter }),
      fc.stringMatching(/^[ -~]{0,200}$/),
      fc.constantFrom(
        "\n",
        "\r\n",
        "\r",
        "\u001b",
        "\u001b[",
        "\u001b]0;",
        "\u0007",
        "##[error]",
        "##[group]",
      ),
      fc.constantFrom(
        "error: ",
        "FAIL x\n",
        "-----BEGIN PRIVATE KEY-----\n",
        "-----END PRIVATE KEY-----",
        "eyJ",
      ),
      fc.integer({ min: 1, max: 20_000 }).map((n) => "long ".repeat(n)),
      fc.integer({ min: 1, max: 2000 }).map((n) => "same\n".repeat(n)),
      fc.integer({ min: 1, max: 500 }).map((n) => quiet(n).join("\n")),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 30 }),
        fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 300, max: 20_000 })),
        fc.array(fc.nat(), { maxLength: 8 }),
        async (pieces, budget, cuts) => {
          const text = await excerpt(pieces.join(""), budget, cuts);
          expect(Buffer.byteLength(text)).toBeLessThanOrEqual(budget);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
          expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("accepts any bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 5000 })), async (chunks) => {
        async function* given() {
          yield* chunks;
        }
        expect(Buffer.byteLength(await excerptOf(given(), 2000))).toBeLessThanOrEqual(2000);
      }),
    );
  });

  test("does not depend on the chunks", async () => {
    const log = stamped([
      ...quiet(60),
      "é😀 error: ünïcode",
      ...Array<string>(5).fill("\u001b[1msame"),
      "end",
    ]);
    const whole = await excerpt(log, 2048);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 20 }), async (cuts) => {
        expect(await excerpt(log, 2048, cuts)).toBe(whole);
      }),
    );
  });
});
