import { describe, expect, test } from "@jest/globals";
import type { Phase, TaskView } from "../../../lambdas/model/phase.js";
import { observe, observeAgent, type WaitSoFar } from "../../../lambdas/tasks/observe.js";

const view = (phase: Phase): TaskView => ({ phase, status: phase });

/** The seconds at which looks fall, up to `until`. */
function looks(until: number): number[] {
  const times = [];
  for (let wait: WaitSoFar = { seconds: 0 }; wait.seconds <= until; ) {
    times.push(wait.seconds);
    wait = observe(view("starting"), wait).wait;
  }
  return times;
}

describe("the pace of looking at a task", () => {
  test("sees a change within 5 seconds, or a tenth of the time that it took, with time to spare for a call", () => {
    const times = looks(3600);
    for (let i = 1; i < times.length; i++) {
      const [before = 0, after = 0] = [times[i - 1], times[i]];
      expect(after - before).toBeLessThanOrEqual(Math.max(4.5, before / 10 - 0.5));
    }
  });

  test("needs fewer than 400 state transitions for a wait of two hours, three a look", () => {
    expect(looks(7200).length * 3).toBeLessThan(400);
  });
});

describe("what a look means", () => {
  test.each<Phase>(["working", "ready", "paused", "gone"])("%s is what it is", (phase) => {
    expect(observe(view(phase), { seconds: 0 }).phase).toBe(phase);
  });

  test("broken may be passing for five minutes after a start", () => {
    expect(observe(view("broken"), { seconds: 299 }).phase).toBe("starting");
    expect(observe(view("broken"), { seconds: 300 }).phase).toBe("broken");
  });
});

test("an agent that works listens where Coder queues what it is told, once that has held over two looks", () => {
  const start = { seconds: 0, ready: false, silent: 0, broken: 0, resumed: false, refusals: 0 };
  const queueing: TaskView = { ...view("working"), queues: true };
  const first = observeAgent(queueing, start);
  expect(first).toMatchObject({ phase: "working", waitSeconds: 3 });
  expect(observeAgent(queueing, first.wait).phase).toBe("ready");
  expect(observeAgent({ ...queueing, phase: "paused" }, first.wait).phase).toBe("paused");
  expect(observeAgent(view("working"), first.wait).phase).toBe("working");
});
