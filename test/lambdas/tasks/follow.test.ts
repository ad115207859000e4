import { describe, expect, test } from "@jest/globals";
import type { TaskView } from "../../../lambdas/model/phase.js";
import { type FollowWait, observeProgress } from "../../../lambdas/tasks/follow.js";

const working: TaskView = { phase: "working", status: "running" };
const resting: TaskView = { phase: "ready", status: "waiting" };
const begin: FollowWait = { seconds: 0, atRest: false, inPhase: 0 };

/** Looks until it is over, at an agent whose turn takes so many seconds. */
function follow(turnSeconds: number) {
  const looks: number[] = [];
  for (let wait = begin; ; ) {
    const look = observeProgress(wait.seconds < turnSeconds ? working : resting, wait);
    looks.push(wait.seconds);
    if (look.isOver) return { looks, wait };
    ({ wait } = look);
  }
}

describe("looking on", () => {
  test("goes on for ten minutes after the turn, in ever longer steps", () => {
    const { looks, wait } = follow(60);
    const after = looks.filter((second) => second >= 60);
    expect(wait.seconds).toBeGreaterThanOrEqual(660);
    expect(wait.seconds).toBeLessThan(800);
    expect(after.length).toBeLessThanOrEqual(12);
    expect((after[1] ?? 0) - (after[0] ?? 0)).toBe(4);
  });

  test("sees a turn's end within five seconds, an eighth of the turn, or five minutes", () => {
    for (const turn of [10, 30, 600, 3600, 24 * 3600]) {
      const end = follow(turn).looks.find((second) => second >= turn) ?? 0;
      expect(end - turn).toBeLessThanOrEqual(Math.min(Math.max(5, turn / 8), 300));
    }
  });

  test("ends after five days, far below Step Functions' 25,000 events of a history", () => {
    const { looks, wait } = follow(Number.POSITIVE_INFINITY);
    expect(wait.seconds).toBeGreaterThanOrEqual(5 * 24 * 3600);
    // A look is about ten events, one that finds news about five more.
    expect(looks.length * 15).toBeLessThan(25_000);
  });

  test("begins to rest anew with each turn", () => {
    const rested = { seconds: 500, atRest: true, inPhase: 500 };
    expect(observeProgress(working, rested)).toMatchObject({
      state: "running",
      isOver: false,
      wait: { atRest: false, inPhase: 4 },
    });
  });

  test.each(["gone", "paused", "broken"] as const)("ends where the task is %s", (phase) => {
    expect(observeProgress({ phase, status: "" }, begin)).toMatchObject({ state: undefined, isOver: true });
  });
});
