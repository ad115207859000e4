import * as z from "zod/mini";
import type { Coder } from "./coder/coder.js";
import { connectCoder } from "./coder/connect.js";
import type { CoderBackend, CoderTask, CreateTask, WorkIdentity } from "./coder/port.js";
import { isRefusedForGood, TaskBusyError, TaskNameTakenError, TransientError } from "./errors.js";
import { type StartingEvent, startingEventSchema } from "./events/event.js";
import { claimedSchema, parseInput } from "./flow-input.js";
import { log } from "./log.js";
import { taskNames } from "./tasks/name.js";
import { type Plan, planSchema } from "./tasks/plan.js";
import { promptOf } from "./tasks/prompt.js";
import { type TaskKey, type TaskLocation, type TaskRecord, taskKey } from "./tasks/record.js";
import { TaskStore } from "./tasks/store.js";
import { workName, workOf, workTitle } from "./tasks/work.js";
import { oneLine } from "./text/clean.js";
import { limits } from "./text/limits.js";

const inputSchema = z.extend(claimedSchema, { event: startingEventSchema, plan: planSchema });

/** For so long after its deletion, a task's name may still be held by its workspace: then it is waited for. */
const deletionMs = 10 * 60_000;

export interface Creation {
  /**
   * `existing`: there is a task already that was started with other words; it has to be told these. `superseded`: a
   * newer event has overtaken this one. `unwanted`: the same, and a task came to be that nobody wants; it must be
   * ended.
   */
  outcome: "created" | "existing" | "superseded" | "unwanted";
  /** The intent that is in force. */
  intent: number;
  task: TaskLocation | null;
}

const store = new TaskStore();

/**
 * Sees to it that the work has its one task: finds it, resumes it where it is paused, or creates it. It can be
 * run again, and beside itself: the key is the name where Coder keeps that unique, else a claim in the record.
 */
export async function handler(input: unknown): Promise<Creation> {
  const { event, intent, plan } = parseInput(inputSchema, input);
  const record = await store.get(taskKey(event));
  const creation =
    record?.intent === intent
      ? await new TaskCreation(await connectCoder(), event, intent, plan, record).run()
      : superseded(record);
  return creation.outcome === "superseded" && (await isNews(event))
    ? { ...creation, outcome: "existing" }
    : creation;
}

/** Of failed runs that come at once, an older one may be claimed last: the task hears of the newest all the same. */
async function isNews(event: StartingEvent): Promise<boolean> {
  if (event.type !== "branch_failed") return false;
  const source = (await store.get(taskKey(event)))?.source;
  if (source === undefined || !("run" in source)) return false;
  const { id, attempt } = source.run;
  return event.run.id > id || (event.run.id === id && event.run.attempt > attempt);
}

class TaskCreation {
  readonly #key: TaskKey;
  readonly #work: WorkIdentity;
  /** The name of the task that this run has removed, whose workspace may still hold it. */
  #removed: string | undefined;

  constructor(
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
    // Coder has lost the API that it was made with: what is left of it goes before a new one comes.
    if (existing) {
      await this.coder.backendOf(existing).remove(existing, this.#key);
      this.#removed = existing.name;
    }
    return this.#create(await this.coder.preferred());
  }

  /**
   * What a failing branch has to say goes to the task that is there, and so does a job that is due while its last run
   * still works. A job whose last run is over begins anew, with a new agent in a new workspace; so does work that
   * belongs to somebody else by now.
   */
  async #takeUp(task: CoderTask): Promise<Creation> {
    const { phase } = task.view;
    const isAtWork = phase === "working" || phase === "starting";
    const isOurs = this.record.startedBy === this.event.delivery;
    const isTold = this.record.toldBy === this.event.delivery;
    // An agent that works as somebody else is not told what to do for this one.
    const isSameOwner = task.owner === (await this.coder.backendOf(task).ownerOf(this.plan.requester));
    const isToGoOn = isAtWork || (this.event.type === "branch_failed" && phase !== "broken");
    if (isSameOwner && (isOurs || isTold || isToGoOn)) {
      return this.#register(task, isOurs ? "created" : "existing");
    }
    await this.coder.backendOf(task).remove(task, this.#key);
    const former = { task: undefined, formerName: task.name, formerEndedAt: Date.now() };
    const record = await store.updateAs(this.intent, this.#key, former);
    if (!record) return superseded(await store.get(this.#key));
    this.record = record;
    return this.#create(await this.coder.preferred());
  }

  async #reuse(task: CoderTask, backend: CoderBackend, wasStopped = false): Promise<Creation> {
    const isDown = task.view.phase === "paused" || task.view.phase === "broken";
    if (isDown || wasStopped) {
      await backend.resume(task);
      await backend.goOn(task);
    }
    const outcome = task.isAnothers ? "existing" : "created";
    const { requester } = this.plan;
    const [creation] = await Promise.all([
      this.#register(task, outcome),
      requester && backend.share(task, requester),
    ]);
    return creation;
  }

  async #create(backend: CoderBackend): Promise<Creation> {
    const preparation = backend.prepare(this.plan.factory);
    // Awaited below, where it is needed; until then a failure of it is nobody's.
    preparation.catch(() => {});
    // What was made on another backend says nothing about this one.
    const claimed = this.record.task?.backend === backend.api ? this.record.task : undefined;
    const owner = claimed?.owner ?? (await backend.ownerOf(this.plan.requester));
    const create = async () => this.#createFirstFree(backend, await preparation, owner, claimed);
    return backend.hasUniqueNames ? create() : this.#alone(create);
  }

  /** Creates under a claim, so that two runs at once do not create two tasks. */
  async #alone(create: () => Promise<Creation>): Promise<Creation> {
    const holder = this.event.delivery;
    if (!(await store.claimCreation(this.intent, this.#key, holder))) {
      const now = await store.get(this.#key);
      if (now?.intent !== this.intent) return superseded(now);
      throw new TaskBusyError(
        `Another run is creating the task of ${this.#work.reference}. It is waited for.`,
      );
    }
    try {
      const creation = await create();
      await store.releaseCreation(this.#key, holder);
      return creation;
    } catch (error) {
      // A creation that may still come about keeps others out until the claim expires; a retry of this run holds it.
      if (!(error instanceof TransientError)) await store.releaseCreation(this.#key, holder);
      throw error;
    }
  }

  /** The first name that is free, or that turns out to be the issue's own task. */
  async #createFirstFree(
    backend: CoderBackend,
    create: CreateTask,
    owner: string,
    claimed: TaskLocation | undefined,
  ): Promise<Creation> {
    const names = taskNames(this.coder.settings.CODER_TASK_NAME_PREFIX, workName(this.event));
    for (const name of new Set(claimed ? [claimed.name, ...names] : names)) {
      const made = name === claimed?.name ? { workspaceId: claimed.workspaceId } : {};
      const location: TaskLocation = { backend: backend.api, owner, name, workUrl: this.#work.url, ...made };
      const claim = { task: location, startedBy: this.event.delivery };
      // Who comes to end the task meanwhile learns from this where to look for it.
      if (!(await store.updateAs(this.intent, this.#key, claim))) return superseded(this.record);
      const task = await this.#createNamed(location, create);
      if (task) return this.#reuse(task, backend);
    }
    throw new TaskNameTakenError(
      `The names that the task of ${this.#work.reference} could have (${names.join(", ")}) are held by other workspaces of ${owner}. Delete or rename one of them, then redrive this run.`,
    );
  }

  /** `undefined` where the name serves something else. */
  async #createNamed(location: TaskLocation, create: CreateTask): Promise<CoderTask | undefined> {
    const { owner, name, workspaceId } = location;
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
        note: async (made) => {
          await store.updateAs(this.intent, this.#key, { task: { ...location, ...made } });
        },
      });
      if (task === "held" && this.#wasJustDeleted(name)) {
        throw new TaskBusyError(
          `The workspace of the former task ${owner}/${name} is being deleted. It is retried.`,
        );
      }
      return typeof task === "string" ? undefined : task;
    } catch (error) {
      if (isRefusedForGood(error)) await this.#forget(location);
      throw error;
    }
  }

  /** Takes back the announcement of a task that was refused; not where something was made on the way to it. */
  async #forget(location: TaskLocation): Promise<void> {
    const { name } = location;
    await store.update(
      this.#key,
      { task: undefined },
      {
        expression: "#intent = :holder AND #task.#name = :name AND attribute_not_exists(#task.#workspaceId)",
        values: { holder: this.intent, name },
      },
    );
  }

  #wasJustDeleted(name: string): boolean {
    if (this.#removed === name) return true;
    const { formerName, formerEndedAt = 0 } = this.record;
    return formerName === name && Date.now() - formerEndedAt < deletionMs;
  }

  async #register(
    { view: _, isAnothers: __, ...task }: CoderTask,
    outcome: "created" | "existing",
  ): Promise<Creation> {
    const told = outcome === "existing" ? { startedBy: undefined, toldBy: this.event.delivery } : {};
    const changes = { task, stopping: undefined, stopped: undefined, ...told };
    if (await store.updateAs(this.intent, this.#key, changes)) {
      const { owner, name, id } = task;
      log.info("The work has its task", {
        work: this.#work.reference,
        task: `${owner}/${name}`,
        id,
        outcome,
      });
      return { outcome, intent: this.intent, task };
    }
    const now = await store.get(this.#key);
    // A newer event that wants the task finds it as this one would.
    if (now?.intent === undefined || now.wanted !== false) return superseded(now);
    return { outcome: "unwanted", intent: now.intent, task };
  }
}

function superseded(record: TaskRecord | undefined): Creation {
  return { outcome: "superseded", intent: record?.intent ?? 0, task: null };
}
