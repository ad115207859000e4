import type { Coder } from "../coder/coder.js";
import type { CoderBackend, CoderTask, CreateTask, NameConflict } from "../coder/port.js";
import { isRefusedForGood, TaskBusyError, TaskNameTakenError, TransientError } from "../model/errors.js";
import type { StartingEvent } from "../model/event.js";
import type { Plan } from "../model/plan.js";
import { type TaskKey, type TaskLocation, type TaskRecord, taskKey } from "../model/record.js";
import { taskNames } from "../model/task-name.js";
import { type WorkIdentity, workName, workOf, workTitle } from "../model/work.js";
import { log } from "../runtime/log.js";
import { oneLine } from "../text/clean.js";
import { limits } from "../text/limits.js";
import { promptOf } from "./prompt.js";
import type { TaskStore } from "./store.js";

/** Coder can reserve a deleted task's name this long; the creation is retried until it is free. */
const deletionMs = 10 * 60_000;

/** The inputs of a run that creates a task. */
export interface CreationContext {
  store: TaskStore;
  coder: Coder;
  event: StartingEvent;
  intent: number;
  plan: Plan;
}

/** Everything that a new task needs, as looked up in Coder. Nothing has been changed yet. */
export interface Preparation {
  backend: CoderBackend;
  /** The Coder user who will own the task. */
  owner: string;
  /** The names that the task may have, in order of preference. */
  names: string[];
  create: CreateTask;
}

/**
 * Looks up in Coder what a new task needs, all at once. The lookups start on the likely backend, before Coder says which one
 * it has. If it is the other one, they start again there.
 */
export async function prepareTask(context: CreationContext, record: TaskRecord = {}): Promise<Preparation> {
  const { coder, event } = context;
  const { likely } = coder;
  const lookups = lookUp(likely, context, record);
  const hashing = coder.marks.spareHashes(taskKey(event));
  // Awaited below; this keeps an early failure from being an unhandled rejection.
  hashing.catch(() => {});
  // Rejects if Coder does not have the backend's API.
  const backend = await coder.preferred();
  const { owning, preparing } = backend === likely ? lookups : lookUp(backend, context, record);
  const owner = await owning;
  const create = await preparing;
  const names = taskNames(coder.settings.CODER_TASK_NAME_PREFIX, workName(event), await hashing);
  return { backend, owner, names, create };
}

/** The owner of the new task on a backend, and what it is created from. Unused lookups may fail without consequences. */
function lookUp(backend: CoderBackend, { event, plan }: CreationContext, record: TaskRecord) {
  const noted = notedBy(event, record, backend);
  const owning = noted ? Promise.resolve(noted.owner) : backend.ownerOf(plan.requester);
  const preparing = backend.prepare(plan.factory);
  for (const lookup of [owning, preparing]) lookup.catch(() => {});
  return { owning, preparing };
}

/** The note of an earlier attempt of this very creation. Only such a note may name another owner. */
function notedBy(
  { delivery }: StartingEvent,
  { task, startedBy }: TaskRecord,
  { api }: CoderBackend,
): TaskLocation | undefined {
  const isOwn = task?.id === undefined && startedBy === delivery;
  return isOwn && task?.backend === api ? task : undefined;
}

/** The note that lets a concurrent run that ends the task find it. */
export function noteOf(
  { delivery, at }: StartingEvent,
  task: TaskLocation,
): Pick<TaskRecord, "task" | "startedBy" | "startedAt"> {
  return { task, startedBy: delivery, startedAt: at };
}

/** Creates the task for a piece of work on one backend. */
export class NewTask {
  /** Whether Coder was asked for a task but has not answered. */
  isInDoubt = false;
  readonly #key: TaskKey;
  readonly #work: WorkIdentity;
  /** The name of a former task that this run has removed; its workspace may still hold the name. */
  #removed: string | undefined;

  constructor(
    private readonly context: CreationContext,
    private readonly preparation: Preparation,
    private readonly record: TaskRecord,
  ) {
    const { event, plan } = context;
    this.#key = taskKey(event);
    this.#work = workOf(event, plan.factory?.repo_url ?? "");
  }

  /** The new task, or the one from an earlier attempt; `undefined` if a newer event has superseded the run. */
  async create(): Promise<CoderTask | undefined> {
    const noted = notedBy(this.context.event, this.record, this.preparation.backend);
    return this.#createFirstFree(noted ?? (await this.#leftover()), noted);
  }

  /**
   * The leftover of a former task that is gone. If the owner is the same, the new task uses its name and its workspace.
   * Otherwise, the leftover is removed before the new task is created.
   */
  async #leftover(): Promise<TaskLocation | undefined> {
    const { backend, owner } = this.preparation;
    const former = this.record.task;
    if (!former || (former.backend === backend.api && former.owner === owner)) return former;
    try {
      await this.context.coder.backendOf(former).remove(former, this.#key);
      this.#removed = former.name;
    } catch (error) {
      // Its owner may have left Coder, which must not hold up the new task.
      if (!isRefusedForGood(error)) throw error;
      log.warn("The leftover of a former task could not be removed", {
        task: `${former.owner}/${former.name}`,
        error: error instanceof Error ? error.message : "unknown",
      });
    }
    return undefined;
  }

  /** Uses the first name that is free or already belongs to this work's task. */
  async #createFirstFree(
    left: TaskLocation | undefined,
    noted: TaskLocation | undefined,
  ): Promise<CoderTask | undefined> {
    const { store, event, intent } = this.context;
    const { backend, owner, names } = this.preparation;
    for (const name of new Set(left ? [left.name, ...names] : names)) {
      const made = name === left?.name ? pickMade(left) : {};
      const location: TaskLocation = { backend: backend.api, owner, name, ...made };
      const isNoted =
        name === noted?.name || (await store.updateAs(intent, this.#key, noteOf(event, location)));
      if (!isNoted) return undefined;
      const task = await this.#createNamed(location);
      if (typeof task !== "string") return task;
      log.warn("The name is occupied: the next one is tried", {
        work: this.#work.reference,
        name: `${owner}/${name}`,
        by: task === "held" ? "a workspace without a task" : "something that the relay did not create",
      });
    }
    throw new TaskNameTakenError(
      `All ${names.length} names that the task of ${this.#work.reference} could have, starting with ${names[0]}, are held by other workspaces of ${owner}. Delete or rename one of them, then redrive this run.`,
    );
  }

  async #createNamed(location: TaskLocation): Promise<CoderTask | NameConflict> {
    const { store, event, intent, plan } = this.context;
    const { owner, name, workspaceId, workspaceAskedAt } = location;
    this.isInDoubt = true;
    try {
      const task = await this.preparation.create({
        owner,
        name,
        displayName: oneLine(workTitle(event), limits.coder.displayName) || name,
        prompt: promptOf(event, plan, this.#work.url),
        delivery: event.delivery,
        factory: plan.factory,
        work: this.#work,
        workspaceId,
        workspaceAskedAt,
        note: async (made) => {
          await store.updateAs(intent, this.#key, { task: { ...location, ...made } });
        },
      });
      this.isInDoubt = false;
      if (task === "held" && (await this.#wasJustDeleted(name))) {
        throw new TaskBusyError(
          `The workspace of the former task ${owner}/${name} is being deleted. It is retried.`,
        );
      }
      return task;
    } catch (error) {
      this.isInDoubt &&= error instanceof TransientError;
      if (isRefusedForGood(error)) await this.#forget(location);
      throw error;
    }
  }

  /** Deletes the note of a task that Coder has refused to create, unless a workspace was already created for it. */
  async #forget({ name }: TaskLocation): Promise<void> {
    const { store, intent } = this.context;
    await store.update(
      this.#key,
      { task: undefined },
      {
        expression: "#intent = :holder AND #task.#name = :name AND attribute_not_exists(#task.#workspaceId)",
        values: { holder: intent, name },
      },
    );
  }

  async #wasJustDeleted(name: string): Promise<boolean> {
    if (this.#removed === name) return true;
    const { formerName, formerEndedAt = 0 } = (await this.context.store.get(this.#key)) ?? {};
    return formerName === name && Date.now() - formerEndedAt < deletionMs;
  }
}

function pickMade({ workspaceId, workspaceAskedAt }: TaskLocation) {
  return { workspaceId, workspaceAskedAt };
}
