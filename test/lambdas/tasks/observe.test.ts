import { expect, test } from "@jest/globals";
import { firstAgentWait, observeAgent } from "../../../lambdas/inbox/readiness.js";
import type { Phase, TaskView } from "../../../lambdas/model/phase.js";

const view = (phase: Phase): TaskView => ({ phase, status: phase });

test("a working agent can take a message after two equal observations if Coder queues messages", () => {
  const start = firstAgentWait;
  const queueing: TaskView = { ...view("working"), queues: true };
  const first = observeAgent(queueing, start);
  expect(first).toMatchObject({ phase: "working", waitSeconds: 3 });
  expect(observeAgent(queueing, first.wait).phase).toBe("ready");
  expect(observeAgent({ ...queueing, phase: "paused" }, first.wait).phase).toBe("paused");
  expect(observeAgent(view("working"), first.wait).phase).toBe("working");
});
