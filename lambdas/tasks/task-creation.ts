import type { CoderBackend, CoderTask } from "../coder/port.js";
import { TaskBusyError } from "../model/errors.js";
import { type TaskKey, type TaskRecord, taskKey } from "../model/record.js";
import { workReference } from "../model/work.js";
import { log } from "../runtime/log.js";
import { measure } from "../runtime/metrics.js";
import { type Creation, superseded } from "./creation-result.js";
import { decideExisting, type RepeatedEvent } from "./existing-task.js";
import { type CreationContext, NewTask, type Preparation, prepareTask } from "./new-task.js";

/** One attempt to create a task, or to reuse the existing one. Its caller holds the claim. */
export class TaskCreation {
  readonly #key: TaskKey;
  #newTask: NewTask | undefined;
  /** Whether the task was written into the record, which also ended the claim. */
  isRegistered = false;

  constructor(
    private readonly context: CreationContext,
    private readonly record: TaskRecord,
    /** For work that has no task yet: what to create it with, under the name that is noted in the record. */
    private readonly preparation?: Preparation,
  ) {
    this.#key = taskKey(context.event);
  }

  /** Whether Coder was asked for a task but has not answered. */
  get isInDoubt(): boolean {
    return this.#newTask?.isInDoubt === true;
  }

  async run(): Promise<Creation> {
    const { coder, event } = this.context;
    if (this.preparation) return this.#create(this.record, this.preparation);
    const { task, stopping, stopped } = this.record;
    if (stopping && stopping.until > Date.now()) {
      throw new TaskBusyError(`The agent of ${workReference(event)} is being stopped. It is retried.`);
    }
    const existing = task && (await coder.backendOf(task).find(task, this.#key));
    if (!existing || existing.view.phase === "gone") return this.#create(this.record);
    if (event.type !== "task_requested") return this.#repeat(event, existing);
    const wasStopped = stopped === true || stopping !== undefined;
    return this.#use(existing, coder.backendOf(existing), wasStopped);
  }

  async #repeat(event: RepeatedEvent, task: CoderTask): Promise<Creation> {
    const { coder, plan } = this.context;
    const owner = await coder.backendOf(task).ownerOf(plan.requester);
    switch (decideExisting(event, this.record, task, owner)) {
      case "keep":
        return this.#register(task, "created");
      case "tell":
        return this.#register(task, "existing");
      case "replace":
        return this.#replace(task);
    }
  }

  async #replace(task: CoderTask): Promise<Creation> {
    const { store, coder, intent } = this.context;
    const former = () => ({ formerName: task.name, formerEndedAt: Date.now() });
    // Noted before the removal, because a newer event may supersede this run and has to know why the name is not free yet.
    if (!(await store.updateAs(intent, this.#key, former()))) return this.#superseded();
    await coder.backendOf(task).remove(task, this.#key);
    measure("TasksDeleted", 1);
    const record = await store.updateAs(intent, this.#key, { ...former(), task: undefined });
    return record ? this.#create(record) : this.#superseded();
  }

  async #create(record: TaskRecord, prepared?: Preparation): Promise<Creation> {
    const preparation = prepared ?? (await prepareTask(this.context, record));
    this.#newTask = new NewTask(this.context, preparation, record);
    const task = await this.#newTask.create();
    if (!task) return this.#superseded();
    measure("TasksCreated", 1);
    return this.#use(task, preparation.backend);
  }

  async #use(task: CoderTask, backend: CoderBackend, wasStopped = false): Promise<Creation> {
    const { event, plan } = this.context;
    const hasPrompt = this.#hasPrompt(task);
    if (wasStopped || task.view.phase === "paused" || task.view.phase === "broken") {
      await backend.resume(task);
      // Otherwise, a message will say what to do next.
      if (hasPrompt) await backend.continueTurn(task);
    }
    const [creation] = await Promise.all([
      this.#register(task, hasPrompt ? "created" : event.type === "task_requested" ? "told" : "existing"),
      plan.requester && backend.share(task, plan.requester),
    ]);
    return creation;
  }

  /** Whether the agent already knows what this delivery asks for. */
  #hasPrompt({ isOfAnotherDelivery }: CoderTask): boolean {
    const { event } = this.context;
    if (event.type !== "task_requested") return !isOfAnotherDelivery;
    // An issue's task works on the issue, no matter which delivery created it.
    if (event.issue.ask === undefined) return true;
    return this.#newTask ? !isOfAnotherDelivery : this.record.startedBy === event.delivery;
  }

  async #register(
    { view: _, isOfAnotherDelivery: __, ...task }: CoderTask,
    outcome: "created" | "existing" | "told",
  ): Promise<Creation> {
    const { store, event, intent } = this.context;
    const repeated = outcome === "created" ? {} : { startedBy: undefined, toldBy: event.delivery };
    const changes = { task, creating: undefined, stopping: undefined, stopped: undefined, ...repeated };
    if (await store.updateAs(intent, this.#key, changes)) {
      this.isRegistered = true;
      const { owner, name, id } = task;
      log.info("The work has its task", {
        work: workReference(event),
        task: `${owner}/${name}`,
        id,
        outcome,
      });
      return { outcome, intent, task };
    }
    const current = await store.get(this.#key);
    // A newer event that wants the task will find it in the same way as this one would.
    if (current?.intent === undefined || current.wanted !== false) return superseded(current);
    return { outcome: "unwanted", intent: current.intent, task };
  }

  async #superseded(): Promise<Creation> {
    return superseded(await this.context.store.get(this.#key));
  }
}
