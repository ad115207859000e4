import * as z from "zod/mini";
import { connectCoder } from "../coder/connect.js";
import type { CoderTask } from "../coder/port.js";
import { TaskBrokenError } from "../model/errors.js";
import { agentWaitSchema, drainSchema, parseInput } from "../model/flow-input.js";
import type { TaskView } from "../model/phase.js";
import type { TaskRecord } from "../model/record.js";
import { type AgentWait, type Observation, observeAgent } from "../tasks/observe.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({
  drain: drainSchema,
  wait: agentWaitSchema,
});

const store = new TaskStore();

export interface AgentLook extends Observation<AgentWait> {
  /** What Coder says of the work, or why the task is gone; empty where it says nothing. */
  report: string;
}

/**
 * One look at the agent that a drain has something to tell. Throws a `TaskBrokenError` where its workspace does
 * not come up. How long an agent may work is the state machine's time-out, which a redrive begins anew.
 */
export async function handler(input: unknown): Promise<AgentLook> {
  const { drain, wait } = parseInput(inputSchema, input);
  const record = await store.get(drain);
  const task = record?.task && (await (await connectCoder()).backendOf(record.task).find(record.task, drain));
  const { isHopeless, ...observation } = observeAgent(viewOf(record, task), wait);
  if (isHopeless && task) {
    throw new TaskBrokenError(
      `The task ${task.name} does not come up: Coder calls it "${task.view.status}". Look at its workspace (${task.url}), mend what is wrong, then redrive this run. What waits for the agent is kept.`,
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
