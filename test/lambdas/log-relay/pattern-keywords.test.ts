import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { keywordsOf } from "../../../lambdas/log-relay/pattern-keywords.js";
import { tokenFormats } from "../../../lambdas/log-relay/token-formats.js";

describe("the keyword of a pattern is the longest text that every match contains:", () => {
  test.each([
    [String.raw`\bgh[pousr]_[A-Za-z0-9]{20,}`, ["gh"]],
    [String.raw`\bhv[bs]\.[\w-]{90,}`, ["hv"]],
    [String.raw`\b[ps]at\.[\w-]{22}`, ["at."]],
    ["(?<=_session=)[0-9a-z]{32}", []],
    ["FLW(?:SEC|PUB)K_TEST-[A-Za-z0-9]{12,}(?:-X)?", ["k_test-"]],
    ["abc?de*f{0,2}g", ["ab"]],
    ["ab+c", ["ab"]],
  ])("%s", (source, expected) => {
    expect(keywordsOf(source)).toEqual(expected);
  });

  test("for each token format", () => {
    for (const { pattern, keywords } of tokenFormats) {
      // The characters around a token are not part of it.
      const source = pattern.source.replace(/\\b|\(\?<?[=!](?:\[(?:\\.|[^\]])*\]|\([^()]*\)|[^()[])*\)/g, "");
      fc.assert(
        fc.property(fc.stringMatching(new RegExp(source)), (token) => {
          for (const keyword of keywords) expect(token.toLowerCase()).toContain(keyword);
        }),
        { numRuns: 10 },
      );
    }
  });
});
