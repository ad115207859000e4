import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isTaskName } from "../../../lambdas/model/task-name.js";
import { oneLine } from "../../../lambdas/text/clean.js";
import { cutToLimit, fits, type Limit, limits, shortened, type Unit } from "../../../lambdas/text/limits.js";

/** Each unit, counted independently of the implementation. */
const count: Record<Unit, (text: string) => number> = {
  bytes: (text) => new TextEncoder().encode(text).length,
  utf16: (text) => text.length,
  codePoints: (text) => [...text].length,
};

/** One character of each kind, as people see characters. */
const characters = {
  ASCII: "a",
  umlauts: "ü",
  CJK: "漢",
  emoji: "😀",
  "emoji of several code points": "👍🏽",
  "combining marks": "e\u0301",
};

const all = Object.entries(limits).flatMap(([service, own]) =>
  Object.entries(own).map(([what, limit]): [string, Limit] => [`${service}.${what}`, limit]),
);
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const charactersOf = (text: string) => Array.from(graphemes.segment(text), ({ segment }) => segment);

describe.each(all)("the limit %s", (_, limit) => {
  const size = count[limit.unit];

  test.each(Object.entries(characters))(
    "holds for %s: one below it, at it and one above it",
    (_, character) => {
      const most = Math.floor(limit.max / size(character));
      const rest = "x".repeat(limit.max - most * size(character));
      const atLimit = character.repeat(most) + rest;
      expect(size(atLimit)).toBe(limit.max);
      const below = character.repeat(most - 1) + rest;
      for (const text of [below, atLimit]) {
        expect(fits(text, limit)).toBe(true);
        expect(shortened(text, limit)).toBe(text);
      }

      const above = `${atLimit}x`;
      expect(fits(above, limit)).toBe(false);
      const cut = shortened(above, limit);
      expect(size(cut)).toBeLessThanOrEqual(limit.max);
      // The unused rest is too small for one more character.
      expect(size(cut)).toBeGreaterThan(limit.max - size(character) - size("…"));
      expect(cut.endsWith("…")).toBe(true);
      const kept = cut.slice(0, -1);
      expect(above.startsWith(kept)).toBe(true);
      expect(graphemes.segment(above).containing(kept.length)?.index).toBe(kept.length);
    },
  );
});

describe("a text that is cut", () => {
  const unit = fc.constantFrom("bytes" as const, "utf16" as const, "codePoints" as const);
  const text = fc
    .array(
      fc.oneof(
        fc.constantFrom(...Object.values(characters), "👨‍👩‍👧‍👦", "🇩🇪", " "),
        fc.string({ unit: "grapheme" }),
      ),
    )
    .map((parts) => parts.join(""));

  test("is the longest beginning of whole characters within its limit", () => {
    fc.assert(
      fc.property(text, fc.nat(60), unit, (given, max, unit) => {
        const limit = { max, unit };
        const cut = cutToLimit(given, limit);
        expect(given.startsWith(cut)).toBe(true);
        expect(count[unit](cut)).toBeLessThanOrEqual(max);
        expect(cut).not.toMatch(/\p{Surrogate}/u);
        const [first = "", ...others] = charactersOf(given);
        if (count[unit](first) <= max) {
          const longer = others.reduce(
            (done, part) => (done.length > cut.length ? done : done + part),
            first,
          );
          if (longer.length > cut.length) expect(count[unit](longer)).toBeGreaterThan(max);
          else expect(cut).toBe(given);
        }
        expect(count[unit](shortened(given, limit))).toBeLessThanOrEqual(max);
      }),
    );
  });

  test("that is a single character is cut between code points and is not empty", () => {
    const marked = `e${"\u0301".repeat(1000)}`;
    expect([...cutToLimit(marked, { max: 64, unit: "codePoints" })]).toHaveLength(64);
  });

  test("to one line is within its limit, including its visible escapes", () => {
    const title = oneLine(`${"\u202e".repeat(10)}\u2028${"ü".repeat(60)}`, limits.coder.displayName);
    expect(Buffer.byteLength(title)).toBeLessThanOrEqual(64);
    expect(title).toMatch(/^(⟨U\+202E⟩)+…$/);
  });
});

test("a task's name is counted in bytes", () => {
  expect([31, 32, 33].map((length) => isTaskName("a".repeat(length)))).toEqual([true, true, false]);
  expect(isTaskName("ü".repeat(16))).toBe(false);
});
