import type { Coder } from "../coder/coder.js";
import type { CoderBackend, CoderTask, CreateTask, NameConflict } from "../coder/port.js";
import { isRefusedForGood, TaskBusyError, TaskNameTakenError, TransientError } from "../model/errors.js";
import type { StartingEvent } from "../model/event.js";
import type { Plan } from "../model/plan.js";
import { type TaskKey, type TaskLocation, type TaskRecord, taskKey } from "../model/record.js";
import { taskNames } from "../model/task-name.js";
import type { WorkIdentity } from "../model/work.js";
import { workName, workOf, workTitle } from "../model/work.js";
import { log } from "../runtime/log.js";
import { oneLine } from "../text/clean.js";
import { limits } from "../text/limits.js";
import { promptOf } from "./prompt.js";
import type { TaskStore } from "./store.js";

/** Coder can reserve a deleted task's name this long: it is retried until the name is free. */
const deletionMs = 10 * 60_000;

/** A job's agent that reports no state is taken to be at work for so long: nobody can tell when its turn is over. */
const silentTurnMs = 3_600_000;

export interface Creation {
  /**
   * `existing`: there is a task already that was started with other words; it has to be told those of this job or
   * failed run. `superseded`: a newer event has overtaken this one. `unwanted`: the same, and this run has created a
   * task that nobody wants, which must be ended.
   */
  outcome: "created" | "existing" | "superseded" | "unwanted";
  /** The intent that is in force. */
  intent: number;
  task: TaskLocation | null;
}

/** One try to create the task of a work, or to take up the one that is there. Its caller holds the claim. */
export class TaskCreation {
  /** Whether Coder was asked for a task, and has not said what came of it. */
  isInDoubt = false;
  readonly #key: TaskKey;
  readonly #work: WorkIdentity;
  /** The name of the task that this run has removed, whose workspace may still hold it. */
  #removed: string | undefined;

  constructor(
    private readonly store: TaskStore,
    private readonly coder: Coder,
    private readonly event: StartingEvent,
    private readonly intent: number,
    private readonly plan: Plan,
    private record: TaskRecord,
  ) {
    this.#key = taskKey(event);
    this.#work = workOf(event, plan.factory?.repo_url ?? "");
  }

  async run(): Promise<Creation> {
    const { task, stopping, stopped } = this.record;
    if (stopping && stopping.until > Date.now()) {
      throw new TaskBusyError(`The agent of ${this.#work.reference} is being stopped. It is waited for.`);
    }
    const existing = task && (await this.coder.backendOf(task).find(task, this.#key));
    if (existing && existing.view.phase !== "gone") {
      if (this.event.type !== "task_requested") return this.#takeUp(existing);
      const wasStopped = stopped === true || stopping !== undefined;
      return this.#reuse(existing, this.coder.backendOf(existing), wasStopped);
    }
    return this.#create(await this.coder.preferred());
  }

  /**
   * What a failing branch has to say goes to the task that is there, and so does a job that is due while its last run
   * still works. A job whose last run is over begins anew, with a new agent in a new workspace; so does one whose
   * agent reports no state an hour after it was told something, and work that belongs to somebody else by now.
   */
  async #takeUp(task: CoderTask): Promise<Creation> {
    const { phase } = task.view;
    const isAtWork = phase === "working" || phase === "starting";
    const isOurs = this.record.startedBy === this.event.delivery;
    const isTold = this.record.toldBy === this.event.delivery;
    // An agent that works as somebody else is not told what to do for this one.
    const isSameOwner = task.owner === (await this.coder.backendOf(task).ownerOf(this.plan.requester));
    const isToGoOn =
      (isAtWork && !this.#isLongOver(task)) || (this.event.type === "branch_failed" && phase !== "broken");
    if (isSameOwner && (isOurs || isTold || isToGoOn)) {
      return this.#register(task, isOurs ? "created" : "existing");
    }
    const former = () => ({ formerName: task.name, formerEndedAt: Date.now() });
    // Before it goes: a newer event may overtake this run, and has to know why the name is not free yet.
    if (!(await this.store.updateAs(this.intent, this.#key, former()))) {
      return superseded(await this.store.get(this.#key));
    }
    await this.coder.backendOf(task).remove(task, this.#key);
    const record = await this.store.updateAs(this.intent, this.#key, { ...former(), task: undefined });
    if (!record) return superseded(await this.store.get(this.#key));
    this.record = record;
    return this.#create(await this.coder.preferred());
  }

  /**
   * Whether the turn of a job's agent that reports no state is over by any measure: by the scheduled time for which it
   * was last told something, and by Scheduler's clock.
   */
  #isLongOver({ view }: CoderTask): boolean {
    if (this.event.type !== "job_due" || view.silent !== true) return false;
    const told = Date.parse(this.record.toldBy ?? this.record.startedBy ?? "");
    return Date.parse(this.event.at) - told >= silentTurnMs;
  }

  async #reuse(task: CoderTask, backend: CoderBackend, wasStopped = false): Promise<Creation> {
    const isDown = task.view.phase === "paused" || task.view.phase === "broken";
    if (isDown || wasStopped) {
      await backend.resume(task);
      await backend.continueTurn(task);
    }
    // An issue's task is asked to work on the issue, whatever delivery and words it was created with.
    const isAsked = this.event.type === "task_requested" || !task.isOfAnotherDelivery;
    const outcome = isAsked ? "created" : "existing";
    const { requester } = this.plan;
    const [creation] = await Promise.all([
      this.#register(task, outcome),
      requester && backend.share(task, requester),
    ]);
    return creation;
  }

  async #create(backend: CoderBackend): Promise<Creation> {
    const preparation = backend.prepare(this.plan.factory);
    // Awaited below; this keeps an early failure from being an unhandled rejection.
    preparation.catch(() => {});
    const claim = this.#ownClaim(backend);
    const owner = claim?.owner ?? (await backend.ownerOf(this.plan.requester));
    const left = claim ?? (await this.#leftOf(this.record.task, backend, owner));
    return this.#createFirstFree(backend, await preparation, owner, left);
  }

  /** What an earlier try of this very creation has noted: it alone may say who owns the task. */
  #ownClaim(backend: CoderBackend): TaskLocation | undefined {
    const { task, startedBy } = this.record;
    const isOwn = task?.id === undefined && startedBy === this.event.delivery;
    return isOwn && task?.backend === backend.api ? task : undefined;
  }

  /**
   * What is left of a former task that is gone: its name and its workspace serve the new one if that has the same
   * owner. Else it goes, before a new one comes.
   */
  async #leftOf(
    former: TaskLocation | undefined,
    backend: CoderBackend,
    owner: string,
  ): Promise<TaskLocation | undefined> {
    if (!former || (former.backend === backend.api && former.owner === owner)) return former;
    try {
      await this.coder.backendOf(former).remove(former, this.#key);
      this.#removed = former.name;
    } catch (error) {
      // Its owner may have left Coder, and nobody else should wait for that.
      if (!isRefusedForGood(error)) throw error;
      log.warn("What is left of a former task could not be removed", {
        task: `${former.owner}/${former.name}`,
        error: error instanceof Error ? error.message : "unknown",
      });
    }
    return undefined;
  }

  /** The first name that is free, or that turns out to be the issue's own task. */
  async #createFirstFree(
    backend: CoderBackend,
    create: CreateTask,
    owner: string,
    left: TaskLocation | undefined,
  ): Promise<Creation> {
    const spare = await this.coder.marks.spareHashes(this.#key);
    const names = taskNames(this.coder.settings.CODER_TASK_NAME_PREFIX, workName(this.event), spare);
    for (const name of new Set(left ? [left.name, ...names] : names)) {
      const made = name === left?.name ? pickMade(left) : {};
      const location: TaskLocation = { backend: backend.api, owner, name, ...made };
      const claim = { task: location, startedBy: this.event.delivery };
      // A run that ends the task at the same time finds it by this.
      if (!(await this.store.updateAs(this.intent, this.#key, claim))) return superseded(this.record);
      const task = await this.#createNamed(location, create);
      if (typeof task !== "string") return this.#reuse(task, backend);
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
    const { owner, name, workspaceId, workspaceAskedAt } = location;
    this.isInDoubt = true;
    try {
      const task = await create({
        owner,
        name,
        displayName: oneLine(workTitle(this.event), limits.coder.displayName) || name,
        prompt: promptOf(this.event, this.plan, this.#work.url),
        delivery: this.event.delivery,
        factory: this.plan.factory,
        work: this.#work,
        workspaceId,
        workspaceAskedAt,
        note: async (made) => {
          await this.store.updateAs(this.intent, this.#key, { task: { ...location, ...made } });
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

  /** Takes back the announcement of a task that was refused; not where something was made on the way to it. */
  async #forget(location: TaskLocation): Promise<void> {
    const { name } = location;
    await this.store.update(
      this.#key,
      { task: undefined },
      {
        expression: "#intent = :holder AND #task.#name = :name AND attribute_not_exists(#task.#workspaceId)",
        values: { holder: this.intent, name },
      },
    );
  }

  async #wasJustDeleted(name: string): Promise<boolean> {
    if (this.#removed === name) return true;
    const { formerName, formerEndedAt = 0 } = (await this.store.get(this.#key)) ?? {};
    return formerName === name && Date.now() - formerEndedAt < deletionMs;
  }

  async #register(
    { view: _, isOfAnotherDelivery: __, ...task }: CoderTask,
    outcome: "created" | "existing",
  ): Promise<Creation> {
    const told = outcome === "existing" ? { startedBy: undefined, toldBy: this.event.delivery } : {};
    const changes = { task, stopping: undefined, stopped: undefined, ...told };
    if (await this.store.updateAs(this.intent, this.#key, changes)) {
      const { owner, name, id } = task;
      log.info("The work has its task", {
        work: this.#work.reference,
        task: `${owner}/${name}`,
        id,
        outcome,
      });
      return { outcome, intent: this.intent, task };
    }
    const now = await this.store.get(this.#key);
    // A newer event that wants the task finds it as this one would.
    if (now?.intent === undefined || now.wanted !== false) return superseded(now);
    return { outcome: "unwanted", intent: now.intent, task };
  }
}

function pickMade({ workspaceId, workspaceAskedAt }: TaskLocation) {
  return { workspaceId, workspaceAskedAt };
}

/** What comes of a run that a newer event has overtaken. */
export function superseded(record: TaskRecord | undefined): Creation {
  return { outcome: "superseded", intent: record?.intent ?? 0, task: null };
}
