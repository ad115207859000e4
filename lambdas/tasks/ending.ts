import type { Coder } from "../coder/coder.js";
import { connectCoder } from "../coder/connect.js";
import type { CoderTask } from "../coder/port.js";
import { TaskBusyError } from "../model/errors.js";
import type { IssueEvent } from "../model/event.js";
import { type TaskKey, type TaskLocation, type TaskRecord, taskKey } from "../model/record.js";
import { workReference } from "../model/work.js";
import { log } from "../runtime/log.js";
import { measure } from "../runtime/metrics.js";
import type { TaskStore } from "./store.js";

export interface EndingRequest {
  event: IssueEvent;
  intent: number;
  /** A task that is not in the record. */
  task?: TaskLocation | undefined;
}

/** `nothing`: there was no task. `superseded`: a newer event has been claimed. */
export interface Ending {
  outcome: "completed" | "stopped" | "nothing" | "superseded";
}

const superseded: Ending = { outcome: "superseded" };

/**
 * Ends the issue's task: deletes it, or only pauses it if the agent was unassigned, so it can be resumed. A task that is
 * already gone, or whose API Coder no longer has, counts as deleted. Throws a `TaskBusyError` while the task can't be ended,
 * for example because it is being created.
 */
export async function endTask(store: TaskStore, request: EndingRequest): Promise<Ending> {
  const { event, intent } = request;
  const key = taskKey(event);
  const record = await store.get(key);
  if (record?.intent !== intent) {
    // If an earlier attempt of this run was superseded while it stopped the agent, it may have left its claim.
    await store.releaseStop(intent, key);
    return superseded;
  }
  const { creating } = record;
  // A task that is still being created isn't visible yet; ending now would leak it.
  if (creating && creating.holder !== holderOf(intent) && creating.until > Date.now()) {
    throw beingCreated(event);
  }
  const coder = await connectCoder();
  const location = request.task ?? record.task ?? (await search(store, coder, event, record));
  const task = location && (await coder.backendOf(location).find(location, key));
  const found: FoundTask = { key, record, coder, location, task };
  return record.endReason === "unassigned" ? stop(store, intent, found) : remove(store, request, found);
}

interface FoundTask {
  key: TaskKey;
  record: TaskRecord;
  coder: Coder;
  location: TaskLocation | undefined;
  task: CoderTask | undefined;
}

async function stop(store: TaskStore, intent: number, found: FoundTask): Promise<Ending> {
  const { key, coder, task, record } = found;
  // A closing flow may have removed the task without announcing it, because this event overtook it.
  if (!task || task.view.phase === "gone") {
    return { outcome: liveStates.includes(record.status?.state) ? "completed" : "nothing" };
  }
  if (!(await store.claimStop(intent, key, { report: reportOf(found) }))) return superseded;
  try {
    await coder.backendOf(task).stop(task);
  } finally {
    await store.releaseStop(intent, key);
  }
  return { outcome: "stopped" };
}

async function remove(store: TaskStore, { event, intent }: EndingRequest, found: FoundTask): Promise<Ending> {
  const { key, record, coder, location, task } = found;
  const holder = holderOf(intent);
  const wasCreated = task !== undefined || location?.id !== undefined;
  const former = () =>
    wasCreated ? { formerName: task?.name ?? location?.name, formerEndedAt: Date.now() } : {};
  // The claim keeps a newer event from reusing the task that is being removed. The name is noted with it, because a newer
  // event may supersede this run, and has to know why the name is not free yet.
  if (!(await store.claimCreation(intent, key, holder, former()))) {
    if ((await store.get(key))?.intent !== intent) return superseded;
    throw beingCreated(event);
  }
  try {
    if (location) await coder.backendOf(location).remove({ ...location, ...task }, key);
    if (task && task.view.phase !== "gone") measure("TasksDeleted", 1);
    // Even if a newer event has superseded this run in the meantime, it has to know that the task is gone.
    const ended = {
      task: undefined,
      startedAt: undefined,
      stopped: undefined,
      report: reportOf(found),
      ...former(),
    };
    await store.releaseCreation(key, holder, ended);
  } catch (error) {
    await store.releaseCreation(key, holder);
    throw error;
  }
  log.info("Task ended", { task: location?.name, found: task !== undefined });
  return { outcome: wasCreated || hadTask(record) ? "completed" : "nothing" };
}

function holderOf(intent: number): string {
  return `end-${intent}`;
}

/** The last report on the work, for the status comment. */
function reportOf({ task, record }: FoundTask): string | undefined {
  return task && task.view.phase !== "gone" ? task.view.report : record.report;
}

function beingCreated(event: IssueEvent): TaskBusyError {
  return new TaskBusyError(`The task of ${workReference(event)} is being created. It is retried.`);
}

/**
 * Searches Coder for a task without a record, if there may be one. The agent must be assigned, because anybody who opened an
 * issue can close it. If the record says that the task was ended, there is no search: it would find the archived chat, which
 * looks like a stopped one.
 */
async function search(
  store: TaskStore,
  coder: Coder,
  event: IssueEvent,
  { formerEndedAt }: TaskRecord,
): Promise<TaskLocation | undefined> {
  const mayHaveOne = event.type === "task_closed" && event.agentAssigned && formerEndedAt === undefined;
  if (!mayHaveOne || !(await store.maySearch(taskKey(event), event.delivery, "end"))) return undefined;
  const work = { ...taskKey(event), reference: workReference(event), url: event.issue.url };
  return coder.search(work, event.sender);
}

/** The states of a status comment that show a live task. */
const liveStates: readonly (string | undefined)[] = ["created", "running", "waiting", "stopped"];

/** Whether the issue had a task, which a repeated attempt no longer finds. */
function hadTask({ formerName, status }: TaskRecord): boolean {
  return formerName !== undefined || [...liveStates, "completed"].includes(status?.state);
}
