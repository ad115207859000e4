import { expect, test } from "@jest/globals";
import { findErrorPattern } from "../../../lambdas/log-relay/error-patterns.js";
import { KeptLines } from "../../../lambdas/log-relay/kept-lines.js";
import { scoresOf } from "../../../lambdas/log-relay/scores.js";

test("a few lines that an earlier excerpt shows leave no hole in another report", () => {
  const kept = new KeptLines(8192, 48 * 1024);
  const title = "__________ test_cart __________";
  const pattern = findErrorPattern(title);
  const add = (text: string) =>
    kept.add({
      text,
      whole: undefined,
      match: pattern && text === title ? { pattern, after: 60, note: "" } : undefined,
      role: undefined,
      isRare: false,
      lines: 1,
      bytes: text.length + 1,
      time: "",
    });
  const repeated = ["_ _ _ _ _ _ _ _", "dtype = None", "default = None"];
  const own = (name: string, length = 10) =>
    Array.from({ length }, (_, i) => `    ${name}_${i} = prepare(${i})`);
  const report = [title, ...own("one"), ...repeated, ...own("two")];
  // The log's last lines have their own scores.
  for (const line of [...repeated, ...own("before"), ...report, ...own("after", 100)]) add(line);

  const scores = scoresOf(kept.kept, [], 8192);
  const middle = kept.kept.findLastIndex(({ text }) => text === repeated[1]);
  const around = Math.min(scores[middle - 3] ?? 0, scores[middle + 3] ?? 0);
  expect(around).toBeGreaterThan(20);
  expect(scores[middle]).toBeGreaterThan(0.88 * around);
});
