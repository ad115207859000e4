import * as z from "zod/mini";
import { connectCoder } from "../coder/connect.js";
import type { CoderTask } from "../coder/port.js";
import { closeInbox } from "../inbox/close.js";
import { Inbox } from "../inbox/inbox.js";
import { AgentBusyError, TaskBrokenError } from "../model/errors.js";
import { agentWaitSchema, drainSchema, parseInput } from "../model/flow-input.js";
import type { Phase, TaskView } from "../model/phase.js";
import type { TaskRecord } from "../model/record.js";
import { type AgentWait, firstAgentWait, observeAgent } from "../tasks/observe.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({
  drain: drainSchema,
  /** What the look before has found; absent from the first one. */
  look: z._default(z.object({ wait: agentWaitSchema }), { wait: firstAgentWait }),
});

const store = new TaskStore();

export interface AgentObservation {
  /** `done`: nothing waits in the inbox any more, or a newer drain has taken over. */
  phase: Phase | "done";
  waitSeconds: number;
  wait: AgentWait;
  /** Coder's report on the task, or why it is gone; empty if there is none. */
  report: string;
}

/**
 * One look at the inbox, and at the agent that should get what waits there. Throws an `AgentBusyError` if it has found
 * the same as the look before, a `TaskBrokenError` if the task's workspace does not start.
 */
export async function handler(input: unknown): Promise<AgentObservation> {
  const { drain, look } = parseInput(inputSchema, input);
  const { wait } = look;
  if ((await closeInbox(new Inbox(drain), drain.generation)) !== "waiting") {
    return { phase: "done", waitSeconds: 0, wait, report: "" };
  }
  const record = await store.get(drain);
  const task = record?.task && (await (await connectCoder()).backendOf(record.task).find(record.task, drain));
  const view = viewOf(record, task);
  const { isBusy, isHopeless, ...observation } = observeAgent(view, wait);
  if (isHopeless && task) {
    throw new TaskBrokenError(
      `The task ${task.name} does not come up: Coder calls it "${task.view.status}". Look at its workspace (${task.url}), mend what is wrong, then redrive this run. What waits for the agent is kept.`,
    );
  }
  if (isBusy) {
    throw new AgentBusyError(
      `The agent cannot take a message yet: Coder calls it "${view.status}". It is retried.`,
    );
  }
  return { ...observation, report: task?.view.report ?? "" };
}

function viewOf(record: TaskRecord | undefined, task: CoderTask | undefined): TaskView {
  // The agent was unassigned, or the issue closed: a paused task must not be woken by what was said before.
  if (record?.wanted === false) return { phase: "gone", status: "not wanted" };
  if (task) return task.view;
  const isBeingCreated = record?.task !== undefined && record.task.id === undefined;
  return isBeingCreated
    ? { phase: "starting", status: "being created" }
    : { phase: "gone", status: "deleted" };
}
