import { isServedAsKnown } from "../accounts/served-as-known.js";
import { connectCoder } from "../coder/connect.js";
import { TaskBusyError } from "../model/errors.js";
import type { StartingEvent } from "../model/event.js";
import type { Plan } from "../model/plan.js";
import { taskKey } from "../model/record.js";
import { workReference } from "../model/work.js";
import { log } from "../runtime/log.js";
import { measure } from "../runtime/metrics.js";
import { type Creation, superseded } from "./creation-result.js";
import type { TaskStore } from "./store.js";
import { TaskCreation } from "./task-creation.js";

export interface CreationRequest {
  event: StartingEvent;
  intent: number;
  plan: Plan;
  /** The ARN of the execution; executions that an older version started do not pass it. */
  execution?: string | undefined;
  /** When the execution was started: ISO 8601. */
  startedAt?: string | undefined;
}

/**
 * Ensures that the work has exactly one task: finds it, resumes it if it is paused, or creates it. It can run again, and
 * beside itself: only the execution that holds the claim in the record creates a task.
 */
export async function createTask(store: TaskStore, request: CreationRequest): Promise<Creation> {
  const { event, startedAt } = request;
  const { owner, ownerId } = event.repository;
  // A redriven execution may have started while the account was still served.
  if (ownerId !== undefined && !(await isServedAsKnown({ id: ownerId, login: owner }))) {
    log.warn("The account is not served", { event: event.type, account: owner });
    return superseded(await store.get(taskKey(event)));
  }
  const creation = await createUnderClaim(store, request);
  if (creation.outcome === "created" && startedAt) {
    measure("TaskCreationTime", Date.now() - Date.parse(startedAt));
  }
  return creation.outcome === "superseded" && (await isNewerFailure(store, event))
    ? { ...creation, outcome: "existing" }
    : creation;
}

/** The claim keeps two executions from creating two tasks, or two agents in one workspace. */
async function createUnderClaim(
  store: TaskStore,
  { event, intent, plan, execution }: CreationRequest,
): Promise<Creation> {
  const key = taskKey(event);
  const holder = execution ?? event.delivery;
  const connecting = connectCoder();
  // Awaited below; this keeps an early failure from being an unhandled rejection.
  connecting.catch(() => {});
  const record = await store.claimCreation(intent, key, holder);
  if (!record) {
    const current = await store.get(key);
    if (current?.intent !== intent) return superseded(current);
    throw new TaskBusyError(`Another run is creating the task of ${workReference(event)}. It is retried.`);
  }
  let creation: TaskCreation | undefined;
  try {
    creation = new TaskCreation({ store, coder: await connecting, event, intent, plan }, record);
    return await creation.run();
  } finally {
    // If the task may still appear, the claim stays until it expires. A retry of this run holds it.
    if (!creation?.isInDoubt && !creation?.isRegistered) await store.releaseCreation(key, holder);
  }
}

/** If several runs fail at once, an older one may be claimed last. The task still hears of the newest. */
async function isNewerFailure(store: TaskStore, event: StartingEvent): Promise<boolean> {
  if (event.type !== "branch_failed") return false;
  const source = (await store.get(taskKey(event)))?.source;
  if (source === undefined || !("run" in source)) return false;
  const { id, attempt } = source.run;
  return event.run.id > id || (event.run.id === id && event.run.attempt > attempt);
}
