import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { KeywordScanner, keyword } from "../../../lambdas/log-relay/keyword-scanner.js";

const finds = ({ classOf, classBits, next, endOf, start }: KeywordScanner, text: string): boolean => {
  let state = start;
  return [...Buffer.from(text)].some((byte) => {
    state = next[(state << classBits) | (classOf[byte] ?? 0)] ?? 0;
    return endOf[state] === keyword;
  });
};

describe("the scanner finds a keyword", () => {
  test("at any position, in both cases, and nowhere else", () => {
    const letters = fc.string({ unit: fc.constantFrom(..."abAB é❌."), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.array(letters, { minLength: 1, maxLength: 6 }),
        fc.string({ unit: fc.constantFrom(..."abAB é❌.x"), maxLength: 30 }),
        (keywords, text) => {
          const lower = (given: string) => given.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
          const expected = keywords.some((word) => ` ${lower(text)}`.includes(lower(word)));
          // A single space would match the space that is assumed before each line.
          fc.pre(!keywords.includes(" "));
          expect(finds(new KeywordScanner(keywords), text)).toBe(expected);
        },
      ),
    );
  });
});
