import type { Coder } from "./coder/coder.js";
import { connectCoder } from "./coder/connect.js";
import type { CoderBackend, CoderTask, CreateTask, WorkIdentity } from "./coder/port.js";
import { isRefusedForGood, TaskBusyError, TaskNameTakenError, TransientError } from "./errors.js";
import { type IssueEvent, issueReference } from "./events/event.js";
import { claimedSchema, parseInput } from "./flow-input.js";
import { log } from "./log.js";
import { taskNames } from "./tasks/name.js";
import { type TaskKey, type TaskLocation, type TaskRecord, taskKey } from "./tasks/record.js";
import { TaskStore } from "./tasks/store.js";
import { oneLine } from "./text/clean.js";

/** Coder's limit for a display name. */
const displayNameLength = 64;

/** For so long after its deletion, a task's name may still be held by its workspace: then it is waited for. */
const deletionMs = 10 * 60_000;

export interface Creation {
  /**
   * `superseded`: a newer event has overtaken this one. `unwanted`: the same, and a task came to be that nobody
   * wants; it must be ended.
   */
  outcome: "created" | "superseded" | "unwanted";
  /** The intent that is in force. */
  intent: number;
  task: TaskLocation | null;
}

const store = new TaskStore();

/**
 * Sees to it that the issue has its one task: finds it, resumes it where it is paused, or creates it. It can be
 * run again, and beside itself: the key is the name where Coder keeps that unique, else a claim in the record.
 */
export async function handler(input: unknown): Promise<Creation> {
  const { event, intent } = parseInput(claimedSchema, input);
  const record = await store.get(taskKey(event));
  if (record?.intent !== intent) return superseded(record);
  return new TaskCreation(await connectCoder(), event, intent, record).run();
}

class TaskCreation {
  readonly #key: TaskKey;
  readonly #work: WorkIdentity;
  /** The name of the task that this run has removed, whose workspace may still hold it. */
  #removed: string | undefined;

  constructor(
    private readonly coder: Coder,
    private readonly event: IssueEvent,
    private readonly intent: number,
    private readonly record: TaskRecord,
  ) {
    this.#key = taskKey(event);
    this.#work = { ...this.#key, reference: issueReference(event), url: event.issue.url };
  }

  async run(): Promise<Creation> {
    const { task } = this.record;
    const existing = task && (await this.coder.backendOf(task).find(task, this.#key));
    if (existing && existing.view.phase !== "gone") {
      const wasStopped = this.record.status?.state === "stopped";
      return this.#reuse(existing, this.coder.backendOf(existing), wasStopped);
    }
    // Coder has lost the API that it was made with: what is left of it goes before a new one comes.
    if (existing) {
      await this.coder.backendOf(existing).remove(existing, this.#key);
      this.#removed = existing.name;
    }
    return this.#create(await this.coder.preferred());
  }

  async #reuse(task: CoderTask, backend: CoderBackend, wasStopped = false): Promise<Creation> {
    const isDown = task.view.phase === "paused" || task.view.phase === "broken";
    if (isDown || wasStopped) await backend.resume(task);
    const [creation] = await Promise.all([this.#register(task), backend.share(task, this.event.sender)]);
    return creation;
  }

  async #create(backend: CoderBackend): Promise<Creation> {
    const preparation = backend.prepare();
    // Awaited below, where it is needed; until then a failure of it is nobody's.
    preparation.catch(() => {});
    // What was made on another backend says nothing about this one.
    const claimed = this.record.task?.backend === backend.api ? this.record.task : undefined;
    const owner = claimed?.owner ?? (await backend.ownerOf(this.event.sender));
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
    const { repository, issue } = this.event;
    const names = taskNames(this.coder.settings.CODER_TASK_NAME_PREFIX, {
      owner: repository.owner,
      repository: repository.name,
      issue: issue.number,
    });
    for (const name of new Set(claimed ? [claimed.name, ...names] : names)) {
      const made = name === claimed?.name ? { workspaceId: claimed.workspaceId } : {};
      const workUrl = this.event.issue.url;
      const location: TaskLocation = { backend: backend.api, owner, name, workUrl, ...made };
      // Who comes to end the task meanwhile learns from this where to look for it.
      if (!(await store.updateAs(this.intent, this.#key, { task: location }))) return superseded(this.record);
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
        displayName: oneLine(this.event.issue.title, displayNameLength) || name,
        prompt: this.event.issue.url,
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

  async #register({ view: _, ...task }: CoderTask): Promise<Creation> {
    if (await store.updateAs(this.intent, this.#key, { task })) {
      const { owner, name, id } = task;
      log.info("The issue has its task", { issue: this.#work.reference, task: `${owner}/${name}`, id });
      return { outcome: "created", intent: this.intent, task };
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
