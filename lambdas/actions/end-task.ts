import * as z from "zod/mini";
import type { Coder } from "../coder/coder.js";
import { connectCoder } from "../coder/connect.js";
import { TaskBusyError } from "../model/errors.js";
import { type IssueEvent, issueEventSchema } from "../model/event.js";
import { claimedSchema, parseInput } from "../model/flow-input.js";
import { backends, type TaskLocation, type TaskRecord, taskKey } from "../model/record.js";
import { workReference } from "../model/work.js";
import { log } from "../runtime/log.js";
import { TaskStore } from "../tasks/store.js";

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

  const holder = `end-${intent}`;
  // A task that is still being created isn't visible yet; ending now would leak it.
  const { creating, endReason } = record;
  if (creating && creating.holder !== holder && creating.until > Date.now()) throw beingCreated(event);
  const coder = await connectCoder();
  const location = given ?? record.task ?? (await search(coder, event));
  const backend = location && coder.backendOf(location);
  const task = location && (await backend?.find(location, key));
  // The status comment tells what is known of the work when it ends.
  const report = task && task.view.phase !== "gone" ? task.view.report : record.report;
  if (endReason === "unassigned") {
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

  // Whoever wants a task again meanwhile waits, and does not take up the one that goes.
  if (!(await store.claimCreation(intent, key, holder))) {
    if ((await store.get(key))?.intent !== intent) return { outcome: "superseded" };
    throw beingCreated(event);
  }
  try {
    const wasCreated = task !== undefined || location?.id !== undefined;
    const former = () => ({ formerName: task?.name ?? location?.name, formerEndedAt: Date.now() });
    // Before it goes: a newer event may overtake this run, and has to know why the name is not free yet.
    if (wasCreated && !(await store.updateAs(intent, key, former()))) return { outcome: "superseded" };
    if (location) await backend?.remove({ ...location, ...task }, key);
    // Also if a newer event has overtaken this run meanwhile: it has to know that the task is gone.
    await store.updateHeld(holder, key, {
      task: undefined,
      stopped: undefined,
      report,
      ...(wasCreated && former()),
    });
    log.info("Task ended", { task: location?.name, found: task !== undefined });
    return { outcome: wasCreated || hadTask(record) ? "completed" : "nothing" };
  } finally {
    await store.releaseCreation(key, holder);
  }
}

function beingCreated(event: IssueEvent): TaskBusyError {
  return new TaskBusyError(`The task of ${workReference(event)} is being created. It is waited for.`);
}

/** A task that no record tells of is looked for only if there may be one: whoever has opened an issue may close it. */
async function search(coder: Coder, event: IssueEvent): Promise<TaskLocation | undefined> {
  const mayHaveOne = event.type === "task_closed" && event.agentAssigned;
  if (!mayHaveOne || !(await store.maySearch(taskKey(event), event.delivery, "end"))) return undefined;
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
