import { describe, expect, test } from "@jest/globals";
import type { Phase, TaskView } from "../../../lambdas/model/phase.js";
import { type AgentWait, observeAgent } from "../../../lambdas/tasks/observe.js";

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

const start: AgentWait = { seconds: 0, ready: false, silent: 0, broken: 0, resumed: false, refusals: 0 };
const view = (phase: Phase): TaskView => ({ phase, status: phase });
const silent: TaskView = { phase: "working", status: "active", silent: true };

/** Looks at what `viewAt` shows at each moment, until the agent counts as ready or `until` seconds are over. */
function observeUntilReady(viewAt: (seconds: number) => TaskView, { until = 2 * day, from = start } = {}) {
  const moments: number[] = [];
  for (let wait = from; wait.seconds <= until; ) {
    moments.push(wait.seconds);
    const look = observeAgent(viewAt(wait.seconds), wait);
    if (look.phase === "ready" || look.isHopeless) return { moments, ...look };
    wait = look.wait;
  }
  return { moments, phase: "working", isHopeless: false };
}

describe("ready", () => {
  test("must hold over two looks, three seconds apart", () => {
    const first = observeAgent(view("ready"), start);
    expect(first).toMatchObject({ phase: "working", waitSeconds: 3 });
    expect(observeAgent(view("ready"), first.wait).phase).toBe("ready");
  });

  test("that flaps begins anew", () => {
    let wait = start;
    for (const phase of ["ready", "working", "ready", "working", "ready"] as const) {
      const look = observeAgent(view(phase), wait);
      expect(look.phase).toBe("working");
      wait = look.wait;
    }
    expect(observeAgent(view("ready"), wait).phase).toBe("ready");
  });

  test("that turned out busy is confirmed no faster than anything else is looked at", () => {
    const refused: AgentWait = { ...start, seconds: 20 * minute, refusals: 1 };
    const first = observeAgent(view("ready"), refused);
    expect(first).toMatchObject({ phase: "working", waitSeconds: 75 });
    const second = observeAgent(view("ready"), first.wait);
    expect(second.phase).toBe("ready");
    expect(second.wait.refusals).toBe(1);
  });
});

describe("an agent that reports no state", () => {
  test("counts as listening after two minutes", () => {
    const { moments, phase } = observeUntilReady(() => silent);
    expect(phase).toBe("ready");
    expect(moments.at(-2)).toBeGreaterThanOrEqual(2 * minute);
    expect(moments.at(-1)).toBeLessThan(2 * minute + 20);
  });

  test("but not where it has said something in between", () => {
    let wait = start;
    while (wait.silent < 2 * minute - 10) wait = observeAgent(silent, wait).wait;
    const spoken = observeAgent(view("working"), wait).wait;
    const { phase, moments } = observeUntilReady(() => silent, { from: spoken });
    expect(phase).toBe("ready");
    expect((moments.at(-1) ?? 0) - spoken.seconds).toBeGreaterThanOrEqual(2 * minute);
  });
});

describe("a task that is broken", () => {
  test("may be so for five minutes, as during a start", () => {
    const { moments, isHopeless } = observeUntilReady(() => view("broken"));
    expect(isHopeless).toBe(true);
    expect(moments.at(-1)).toBeGreaterThanOrEqual(5 * minute);
    expect(moments.at(-1)).toBeLessThan(6 * minute);
  });

  test("and that comes up is waited for; the next time it is broken has five minutes of its own", () => {
    const isDown = (s: number) => s < 4 * minute || (s > 6 * minute && s < 10 * minute);
    const { phase } = observeUntilReady((s) => view(isDown(s) ? "broken" : s < hour ? "working" : "ready"));
    expect(phase).toBe("ready");
  });

  test("is what one counts as that is still paused after it was resumed", () => {
    expect(observeAgent(view("paused"), start).phase).toBe("paused");
    const { isHopeless, phase, moments } = observeUntilReady(() => view("paused"), {
      from: { ...start, resumed: true },
    });
    expect({ isHopeless, phase }).toEqual({ isHopeless: true, phase: "starting" });
    expect(moments.at(-1)).toBeGreaterThanOrEqual(5 * minute);
  });
});

test.each<Phase>(["starting", "working", "gone"])("%s is what it is", (phase) => {
  expect(observeAgent(view(phase), start).phase).toBe(phase);
});

describe("a long wait", () => {
  test("of two hours takes fewer than 400 state transitions, three a look", () => {
    const { moments } = observeUntilReady((s) => view(s >= 2 * hour ? "ready" : "working"));
    expect(moments.length * 3).toBeLessThan(400);
  });

  test("of days is no error, and takes fewer than 6,000 events of history, nine a look", () => {
    const { phase, moments } = observeUntilReady((s) => view(s >= 3 * day ? "ready" : "working"), {
      until: 4 * day,
    });
    expect(phase).toBe("ready");
    expect(moments.length * 9).toBeLessThan(6000);
  });

  test("of a day, after which a drain hands over, has room for four retries of each look, three events each", () => {
    const { moments } = observeUntilReady(() => view("working"), { until: day });
    expect(moments.length * (9 + 4 * 3)).toBeLessThan(6000);
  });

  test("never pauses for less than three seconds or more than ten minutes", () => {
    for (const phase of ["working", "ready", "starting"] as const) {
      const pauses = Array.from(
        { length: day / 10 },
        (_, i) => observeAgent(view(phase), { ...start, seconds: i * 10 }).waitSeconds,
      );
      expect(pauses.every(Number.isInteger)).toBe(true);
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(3);
      expect(Math.max(...pauses)).toBeLessThanOrEqual(600);
    }
  });
});

/** Seconds from the moment at which the agent becomes ready to the send, by a clock that runs during looks, too. */
function delayFrom(readyAt: number, lookSeconds: number): number {
  let clock = 0;
  for (let wait = start; ; ) {
    // A look shows what was so when it began.
    const look = observeAgent(view(clock >= readyAt ? "ready" : "working"), wait);
    clock += lookSeconds;
    if (look.phase === "ready") return clock - readyAt;
    clock += look.waitSeconds;
    wait = look.wait;
  }
}

describe("from ready to the send", () => {
  test.each([0, 0.125, 0.375])(
    "it takes 10 seconds, or a tenth of the time that the agent was busy, at the most, with looks of %s s",
    (lookSeconds) => {
      const late = [];
      for (let readyAt = 0; readyAt <= 2 * hour; readyAt += 2.5) {
        const delay = delayFrom(readyAt, lookSeconds);
        if (delay > Math.max(10, readyAt / 10)) late.push({ readyAt, delay });
      }
      expect(late).toEqual([]);
    },
  );
});
