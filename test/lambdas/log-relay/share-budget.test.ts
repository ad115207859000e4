import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { shareBudget } from "../../../lambdas/log-relay/share-budget.js";

test.each<[number, number[][], number[]]>([
  [100, [[10, 20]], [10, 20]],
  [100, [[10, 200]], [10, 90]],
  [90, [[200, 200, 10]], [40, 40, 10]],
  [
    100,
    [
      [10, 20],
      [100, 100],
    ],
    [45, 55],
  ],
  [
    100,
    [
      [80, 10],
      [200, 200],
    ],
    [85, 15],
  ],
])("of %s bytes, requests of %j get %j", (room, rounds, shares) => {
  expect(shareBudget(room, rounds)).toEqual(shares);
});

test("parties never get more than the budget, and never less than a fair share of their request", () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.array(fc.nat(1000), { minLength: 1, maxLength: 6 }), (room, wishes) => {
      const shares = shareBudget(room, [wishes]);
      expect(shares.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(room);
      for (const [i, share] of shares.entries()) {
        expect(share).toBeGreaterThanOrEqual(Math.min(wishes[i] ?? 0, Math.floor(room / wishes.length)));
      }
    }),
  );
});
