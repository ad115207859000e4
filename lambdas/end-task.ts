import * as z from "zod/mini";
import { connectCoder } from "./coder/connect.js";
import type { CoderBackend, CoderTask } from "./coder/port.js";
import type { IssueEvent } from "./events/event.js";
import { claimedSchema, parseInput } from "./flow-input.js";
import { log } from "./log.js";
import { type TaskLocation, type TaskRecord, taskKey } from "./tasks/record.js";
import { TaskStore } from "./tasks/store.js";

const inputSchema = z.extend(claimedSchema, {
  /** A task that the record does not tell of. */
  task: z.optional(
    z.object({
      backend: z.literal("tasks"),
      owner: z.string(),
      name: z.string(),
      id: z.optional(z.string()),
    }),
  ),
});

const store = new TaskStore();

/** `nothing`: there was no task; `superseded`: a newer event has overtaken the flow. */
export interface Ending {
  outcome: "completed" | "stopped" | "nothing" | "superseded";
}

/**
 * Ends the issue's task: deletes it, or pauses it where the agent was only unassigned, so that assigning it
 * again resumes it. Throws a `TaskBusyError` while a workspace build is in the way. A task that is gone already
 * is as good as deleted.
 */
export async function handler(input: unknown): Promise<Ending> {
  const { event, intent, task: given } = parseInput(inputSchema, input);
  const key = taskKey(event);
  const record = await store.get(key);
  if (record?.intent !== intent) return { outcome: "superseded" };

  const { backend } = await connectCoder();
  const task = await locate(backend, event, given ?? record.task);
  if (record.endReason === "unassigned") {
    if (task) await backend.stop(task);
    return { outcome: task ? "stopped" : "nothing" };
  }

  if (task) await backend.remove(task);
  const name = task?.name ?? record.task?.name;
  if (name !== undefined) {
    await store.updateAs(intent, key, { task: undefined, formerName: name, formerEndedAt: Date.now() });
    log.info("Task ended", { task: name, found: task !== undefined });
  }
  return { outcome: name !== undefined || hadTask(record) ? "completed" : "nothing" };
}

async function locate(
  backend: CoderBackend,
  event: IssueEvent,
  known: TaskLocation | undefined,
): Promise<CoderTask | undefined> {
  if (known) return backend.find(known);
  const mayHaveOne = event.type === "task_closed" && event.agentAssigned;
  return mayHaveOne ? backend.search(event.issue.url) : undefined;
}

/** Whether there was a task in this life of the issue: a run that is repeated does not find it any more. */
function hadTask({ formerName, status }: TaskRecord): boolean {
  return formerName !== undefined || (status !== undefined && status.state !== "refused");
}
