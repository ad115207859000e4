import type { CoderTask } from "../coder/port.js";
import type { StartingEvent, TaskRequested } from "../model/event.js";
import type { Phase } from "../model/phase.js";
import type { TaskRecord } from "../model/record.js";

/** An agent that reports no state counts as busy with a job for this long, because nothing shows when its turn ends. */
const silentTurnMs = 3_600_000;

/** A job that is due, or a workflow that failed on a branch. */
export type RepeatedEvent = Exclude<StartingEvent, TaskRequested>;

/**
 * What happens to the existing task of a job or a failing branch. `keep`: it was created for this very delivery. `tell`: it
 * gets this delivery's prompt. `replace`: it is removed, and a new one is created.
 */
export type TaskDecision = "keep" | "tell" | "replace";

/**
 * A failing branch keeps its agent. A job gets a new agent in a new workspace for each run, unless the last run is still
 * working.
 */
const decisions: Record<RepeatedEvent["type"], Record<Phase, TaskDecision>> = {
  job_due: {
    starting: "tell",
    working: "tell",
    ready: "replace",
    paused: "replace",
    broken: "replace",
    gone: "replace",
  },
  branch_failed: {
    starting: "tell",
    working: "tell",
    ready: "tell",
    paused: "tell",
    broken: "replace",
    gone: "replace",
  },
};

/** `owner` is the Coder user who would own a task created now. Another user's agent gets no prompt. */
export function decideExisting(
  event: RepeatedEvent,
  record: TaskRecord,
  task: CoderTask,
  owner: string,
): TaskDecision {
  if (task.owner !== owner) return "replace";
  if (record.startedBy === event.delivery) return "keep";
  if (record.toldBy === event.delivery) return "tell";
  if (isLongOver(event, record, task)) return "replace";
  return decisions[event.type][task.view.phase];
}

/** Compares scheduled times, which are all by Scheduler's clock: that of this run, and of the last one sent to the agent. */
function isLongOver(event: RepeatedEvent, { startedBy, toldBy }: TaskRecord, { view }: CoderTask): boolean {
  if (event.type !== "job_due" || view.silent !== true) return false;
  return Date.parse(event.at) - Date.parse(toldBy ?? startedBy ?? "") >= silentTurnMs;
}
