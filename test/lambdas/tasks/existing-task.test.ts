import { describe, expect, test } from "@jest/globals";
import type { CoderTask } from "../../../lambdas/coder/port.js";
import type { Phase, TaskView } from "../../../lambdas/model/phase.js";
import type { TaskRecord } from "../../../lambdas/model/record.js";
import { decideExisting, type RepeatedEvent } from "../../../lambdas/tasks/existing-task.js";

const base = {
  installation: 1,
  repository: { id: 7, owner: "octo", name: "app", private: false },
};
const job: RepeatedEvent = {
  ...base,
  type: "job_due",
  delivery: "2026-01-02T03:00:00Z",
  at: "2026-01-02T03:00:00Z",
  job: { name: "nightly" },
};
const failure: RepeatedEvent = {
  ...base,
  type: "branch_failed",
  delivery: "a-delivery",
  at: "2026-01-02T03:00:00Z",
  text: "",
  run: {
    id: 1,
    attempt: 1,
    workflowId: 2,
    workflow: "CI",
    url: "https://github.com/octo/app/actions/runs/1",
    conclusion: "failure",
    branch: "main",
    headSha: "a".repeat(40),
    headRepository: { id: 7, owner: "octo" },
    pulls: [],
  },
};
const task = (view: TaskView): CoderTask => ({
  backend: "tasks",
  owner: "mona",
  name: "gh-app-nightly",
  id: "id",
  url: "https://coder.example.com/tasks/mona/id",
  view,
});
const decide = (event: RepeatedEvent, phase: Phase, record: TaskRecord = {}, owner = "mona") =>
  decideExisting(event, record, task({ phase, status: phase }), owner);

describe("the task that a job already has", () => {
  test.each(["starting", "working"] as const)("gets the prompt if it is %s", (phase) => {
    expect(decide(job, phase)).toBe("tell");
  });

  test.each(["ready", "paused", "broken"] as const)("is replaced if it is %s", (phase) => {
    expect(decide(job, phase)).toBe("replace");
  });

  test("is replaced if its agent reports no state for an hour after the last message", () => {
    const silent = task({ phase: "working", status: "active", silent: true });
    const told = (at: string) =>
      decideExisting(job, { startedBy: "2026-01-01T03:00:00Z", toldBy: at }, silent, "mona");
    expect(told("2026-01-02T02:00:01Z")).toBe("tell");
    expect(told("2026-01-02T02:00:00Z")).toBe("replace");
    expect(decideExisting(job, { startedBy: "2026-01-01T03:00:00Z" }, silent, "mona")).toBe("replace");
  });
});

describe("the task that a failing branch already has", () => {
  test.each(["starting", "working", "ready", "paused"] as const)("gets the failure if it is %s", (phase) => {
    expect(decide(failure, phase)).toBe("tell");
  });

  test("is replaced if it is broken", () => {
    expect(decide(failure, "broken")).toBe("replace");
  });
});

describe.each([job, failure])("a repeated delivery ($type)", (event) => {
  test("keeps the task that it has created, in any phase", () => {
    expect(decide(event, "broken", { startedBy: event.delivery })).toBe("keep");
  });

  test("does not replace the task that it was sent to", () => {
    expect(decide(event, "broken", { toldBy: event.delivery })).toBe("tell");
  });

  test("still replaces a task of another owner", () => {
    const record = { startedBy: event.delivery };
    expect(decide(event, "working", record, "hubot")).toBe("replace");
  });
});
