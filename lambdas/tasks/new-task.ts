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

/** What a run that creates a task works with. */
export interface CreationContext {
  store: TaskStore;
  coder: Coder;
  event: StartingEvent;
  intent: number;
  plan: Plan;
}

/** Creates the task of a work on one backend. */
export class NewTask {
  /** Whether Coder was asked for a task and has not answered. */
  isInDoubt = false;
  readonly #key: TaskKey;
  readonly #work: WorkIdentity;
  /** The name of a former task that this run has removed; its workspace may still hold the name. */
  #removed: string | undefined;

  constructor(
    private readonly context: CreationContext,
    private readonly backend: CoderBackend,
    private readonly record: TaskRecord,
    /** Rejects if Coder does not have the backend's API. */
    private readonly isAvailable: Promise<unknown>,
  ) {
    const { event, plan } = context;
    this.#key = taskKey(event);
    this.#work = workOf(event, plan.factory?.repo_url ?? "");
  }

  /** The task, new or made by an earlier attempt; `undefined` if a newer event has superseded the run. */
  async create(): Promise<CoderTask | undefined> {
    const { backend } = this;
    const { plan } = this.context;
    const noted = this.#notedByThisDelivery();
    const preparation = backend.prepare(plan.factory);
    const owning = noted ? Promise.resolve(noted.owner) : backend.ownerOf(plan.requester);
    const hashing = this.context.coder.marks.spareHashes(this.#key);
    // All are awaited below; this keeps an early failure from being an unhandled rejection.
    for (const lookup of [preparation, owning, hashing]) lookup.catch(() => {});
    await this.isAvailable;
    const owner = await owning;
    const left = noted ?? (await this.#leftover(owner));
    return this.#createFirstFree(await preparation, owner, left, await hashing);
  }

  /** What an earlier attempt of this very creation has noted. Only this may name another owner. */
  #notedByThisDelivery(): TaskLocation | undefined {
    const { task, startedBy } = this.record;
    const isOwn = task?.id === undefined && startedBy === this.context.event.delivery;
    return isOwn && task?.backend === this.backend.api ? task : undefined;
  }

  /**
   * What is left of a former task that is gone. Its name and its workspace serve the new task if the owner is the same.
   * Otherwise it is removed before the new task is created.
   */
  async #leftover(owner: string): Promise<TaskLocation | undefined> {
    const former = this.record.task;
    if (!former || (former.backend === this.backend.api && former.owner === owner)) return former;
    try {
      await this.context.coder.backendOf(former).remove(former, this.#key);
      this.#removed = former.name;
    } catch (error) {
      // Its owner may have left Coder. That must not hold up the new task.
      if (!isRefusedForGood(error)) throw error;
      log.warn("What is left of a former task could not be removed", {
        task: `${former.owner}/${former.name}`,
        error: error instanceof Error ? error.message : "unknown",
      });
    }
    return undefined;
  }

  /** Uses the first name that is free, or that turns out to be the work's own task. */
  async #createFirstFree(
    create: CreateTask,
    owner: string,
    left: TaskLocation | undefined,
    spare: readonly string[],
  ): Promise<CoderTask | undefined> {
    const { store, coder, event, intent } = this.context;
    const names = taskNames(coder.settings.CODER_TASK_NAME_PREFIX, workName(event), spare);
    for (const name of new Set(left ? [left.name, ...names] : names)) {
      const made = name === left?.name ? pickMade(left) : {};
      const location: TaskLocation = { backend: this.backend.api, owner, name, ...made };
      // A run that ends the task at the same time finds it by this note.
      const note = { task: location, startedBy: event.delivery };
      if (!(await store.updateAs(intent, this.#key, note))) return undefined;
      const task = await this.#createNamed(location, create);
      if (typeof task !== "string") return task;
      log.warn("The name is occupied: the next one is tried", {
        work: this.#work.reference,
        name: `${owner}/${name}`,
        by: task === "held" ? "a workspace without a task" : "something that the relay has not made",
      });
    }
    throw new TaskNameTakenError(
      `All ${names.length} names that the task of ${this.#work.reference} could have, ${names[0]} first, are held by other workspaces of ${owner}. Delete or rename one of them, then redrive this run.`,
    );
  }

  async #createNamed(location: TaskLocation, create: CreateTask): Promise<CoderTask | NameConflict> {
    const { store, event, intent, plan } = this.context;
    const { owner, name, workspaceId, workspaceAskedAt } = location;
    this.isInDoubt = true;
    try {
      const task = await create({
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

  /** Deletes the note of a task that Coder has refused, unless a workspace was made for it. */
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
