import { isServedAsKnown } from "../accounts/served-as-known.js";
import { connectCoder } from "../coder/connect.js";
import { NoCoderUserError, TaskBusyError } from "../model/errors.js";
import type { StartingEvent } from "../model/event.js";
import type { Plan } from "../model/plan.js";
import { type TaskRecord, taskKey } from "../model/record.js";
import { workReference } from "../model/work.js";
import { log } from "../runtime/log.js";
import { measure } from "../runtime/metrics.js";
import { type Creation, superseded } from "./creation-result.js";
import { type CreationContext, noteOf, type Preparation, prepareTask } from "./new-task.js";
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
 * Ensures that the work has exactly one task: finds it, resumes it if it is paused, or creates it. It can run repeatedly and
 * concurrently, because only the execution that holds the claim in the record creates a task.
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
  const connecting = connectCoder().then((coder) => ({ store, coder, event, intent, plan }));
  // Awaited below; this keeps an early failure from being an unhandled rejection.
  connecting.catch(() => {});
  const first = intent === 1 ? await claimFirst(await connecting, holder) : undefined;
  const record = first?.record ?? (await store.claimCreation(intent, key, holder));
  if (!record) {
    const current = await store.get(key);
    if (current?.intent !== intent) return superseded(current);
    throw new TaskBusyError(`Another run is creating the task of ${workReference(event)}. It is retried.`);
  }
  let creation: TaskCreation | undefined;
  try {
    creation = new TaskCreation(await connecting, record, first?.preparation);
    return await creation.run();
  } finally {
    // If the task may still appear, the claim stays until it expires. A retry of this run holds it.
    if (!creation?.isInDoubt && !creation?.isRegistered) await store.releaseCreation(key, holder);
  }
}

/**
 * Claims the first creation for a piece of work and notes its task's name, in one write. `undefined` if the record already
 * has a task, for example from an earlier attempt, or if another run holds the claim.
 */
async function claimFirst(
  context: CreationContext,
  holder: string,
): Promise<{ record: TaskRecord; preparation: Preparation } | undefined> {
  const { store, event, intent } = context;
  const preparation = await prepareTask(context).catch((error: unknown) => {
    // An earlier attempt may have noted another owner, who is then used instead.
    if (error instanceof NoCoderUserError) return undefined;
    throw error;
  });
  const [name] = preparation?.names ?? [];
  if (!preparation || name === undefined) return undefined;
  const { backend, owner } = preparation;
  const note = noteOf(event, { backend: backend.api, owner, name });
  const record = await store.claimCreation(intent, taskKey(event), holder, note, { isFirst: true });
  return record && { record, preparation };
}

/** If several runs fail at once, an older one may be claimed last. The newest must still reach the task. */
async function isNewerFailure(store: TaskStore, event: StartingEvent): Promise<boolean> {
  if (event.type !== "branch_failed") return false;
  const source = (await store.get(taskKey(event)))?.source;
  if (source === undefined || !("run" in source)) return false;
  const { id, attempt } = source.run;
  return event.run.id > id || (event.run.id === id && event.run.attempt > attempt);
}
