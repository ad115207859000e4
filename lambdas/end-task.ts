import * as z from "zod/mini";
import type { Coder } from "./coder/coder.js";
import { connectCoder } from "./coder/connect.js";
import { TaskBusyError } from "./errors.js";
import { type IssueEvent, issueEventSchema } from "./events/event.js";
import { claimedSchema, parseInput } from "./flow-input.js";
import { log } from "./log.js";
import { backends, type TaskLocation, type TaskRecord, taskKey } from "./tasks/record.js";
import { TaskStore } from "./tasks/store.js";
import { workReference } from "./tasks/work.js";

const inputSchema = z.extend(claimedSchema, {
  event: issueEventSchema,
  /** A task that the record does not tell of. */
  task: z.optional(
    z.object({
      backend: z.enum(backends),
      owner: z.string(),
      name: z.string(),
      id: z.optional(z.string()),
      workspaceId: z.optional(z.string()),
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
 * again resumes it. Throws a `TaskBusyError` while something is in the way. A task that is gone already, or that
 * Coder has no API for any more, is as good as deleted.
 */
export async function handler(input: unknown): Promise<Ending> {
  const { event, intent, task: given } = parseInput(inputSchema, input);
  const key = taskKey(event);
  const record = await store.get(key);
  if (record?.intent !== intent) {
    // A try of this run that was overtaken while it stopped the agent: nobody has to wait for it any more.
    await store.releaseStop(intent, key);
    return { outcome: "superseded" };
  }

  // What is being created just now could not be found yet, and would be there for ever.
  if (record.creating && record.creating.until > Date.now()) {
    throw new TaskBusyError(`The task of ${workReference(event)} is being created. It is waited for.`);
  }
  const coder = await connectCoder();
  const location = given ?? record.task ?? (await search(coder, event));
  const backend = location && coder.backendOf(location);
  const task = location && (await backend?.find(location, key));
  // The status comment tells what is known of the work when it ends.
  const report = task && task.view.phase !== "gone" ? task.view.report : record.report;
  if (record.endReason === "unassigned") {
    if (!backend || !task || task.view.phase === "gone") return { outcome: "nothing" };
    if (!(await store.claimStop(intent, key))) return { outcome: "superseded" };
    try {
      await backend.stop(task);
    } finally {
      await store.releaseStop(intent, key);
    }
    await store.updateAs(intent, key, { report });
    return { outcome: "stopped" };
  }

  if (location) await backend?.remove({ ...location, ...task }, key);
  const wasCreated = task !== undefined || location?.id !== undefined;
  const former = wasCreated && { formerName: task?.name ?? location?.name, formerEndedAt: Date.now() };
  await store.updateAs(intent, key, { task: undefined, stopped: undefined, report, ...former });
  log.info("Task ended", { task: location?.name, found: task !== undefined });
  return { outcome: wasCreated || hadTask(record) ? "completed" : "nothing" };
}

/** A task that no record tells of is looked for only where there may be one. */
async function search(coder: Coder, event: IssueEvent): Promise<TaskLocation | undefined> {
  const mayHaveOne = event.type === "task_closed" && event.agentAssigned;
  if (!mayHaveOne) return undefined;
  const issue = { ...taskKey(event), reference: workReference(event), url: event.issue.url };
  return coder.search(issue, event.sender);
}

/** Whether there was a task in this life of the issue: a run that is repeated does not find it any more. */
function hadTask({ formerName, status }: TaskRecord): boolean {
  const toldStates: readonly (string | undefined)[] = [
    "created",
    "running",
    "waiting",
    "stopped",
    "completed",
  ];
  return formerName !== undefined || toldStates.includes(status?.state);
}
