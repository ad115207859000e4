import { expect, test } from "@jest/globals";
import { isIgnored } from "../../../lambdas/ci/ignoring.js";

test.each([
  ["codecov/*", "codecov/patch", true],
  ["codecov/*", "codecov", false],
  ["*preview*", "Deploy Preview (web)", false],
  ["*Preview*", "Deploy Preview (web)", true],
  ["ab*ba", "aba", false],
  ["a.c", "abc", false],
  ["*", "anything\nat all", true],
  ["lint", "lint", true],
  ["lint", "lint / js", false],
  ["", "", true],
])("%j names %j: %s", (pattern, name, isNamed) => {
  expect(isIgnored(["other", pattern], name)).toBe(isNamed);
});

test("a pattern of stars takes no longer than others", () => {
  expect(isIgnored([`${"*a".repeat(120)}b`], "a".repeat(255))).toBe(false);
});
