import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { aClue, ClueScanner } from "../../../lambdas/log-relay/clue-scanner.js";

const finds = ({ classOf, next, found, start }: ClueScanner, text: string): boolean => {
  let state = start;
  return [...Buffer.from(text)].some((byte) => {
    state = next[state + (classOf[byte] ?? 0)] ?? 0;
    return found[state >> 8] === aClue;
  });
};

describe("the scanner finds a clue", () => {
  test("wherever it stands, in both cases, and nowhere else", () => {
    const letters = fc.string({ unit: fc.constantFrom(..."abAB é❌."), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.array(letters, { minLength: 1, maxLength: 6 }),
        fc.string({ unit: fc.constantFrom(..."abAB é❌.x"), maxLength: 30 }),
        (clues, text) => {
          const lower = (given: string) => given.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
          const expected = clues.some((clue) => ` ${lower(text)}`.includes(lower(clue)));
          // The space before a line is no clue of its own.
          fc.pre(!clues.includes(" "));
          expect(finds(new ClueScanner(clues), text)).toBe(expected);
        },
      ),
    );
  });
});
