import { describe, expect, test } from "@jest/globals";
import type { Phase, TaskView } from "../../../lambdas/model/phase.js";
import { turnState } from "../../../lambdas/tasks/follow.js";

const view = (phase: Phase): TaskView => ({ phase, status: phase });

describe("an agent's turn", () => {
  test.each(["working", "starting"] as const)("continues while it is %s", (phase) => {
    expect(turnState(view(phase))).toBe("running");
  });

  test("is over once it is ready", () => {
    expect(turnState(view("ready"))).toBe("waiting");
  });

  test.each(["gone", "paused", "broken"] as const)("is not followed if the task is %s", (phase) => {
    expect(turnState(view(phase))).toBeUndefined();
  });
});
