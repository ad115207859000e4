import { type Coder, connectCoder } from "./coder/connect.js";
import type { CoderTask, TemplateChoice } from "./coder/port.js";
import {
  isRefusal,
  RefusedRequestError,
  TaskBusyError,
  TaskNameTakenError,
  TransientError,
} from "./errors.js";
import { type IssueEvent, issueReference } from "./events/event.js";
import { claimedSchema, parseInput } from "./flow-input.js";
import { log } from "./log.js";
import { namesIssue, taskNames } from "./tasks/name.js";
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
 * run again, and beside itself: the name is the key that Coder keeps unique.
 */
export async function handler(input: unknown): Promise<Creation> {
  const { event, intent } = parseInput(claimedSchema, input);
  const record = await store.get(taskKey(event));
  if (record?.intent !== intent) return superseded(record);
  return new TaskCreation(await connectCoder(), event, intent, record).run();
}

class TaskCreation {
  readonly #key: TaskKey;

  constructor(
    private readonly coder: Coder,
    private readonly event: IssueEvent,
    private readonly intent: number,
    private readonly record: TaskRecord,
  ) {
    this.#key = taskKey(event);
  }

  async run(): Promise<Creation> {
    const { task } = this.record;
    const existing = task && (await this.coder.backend.find(task));
    return existing ? this.#reuse(existing) : this.#create();
  }

  async #reuse(task: CoderTask): Promise<Creation> {
    const isStopped = task.view.phase === "paused" || task.view.phase === "broken";
    if (isStopped) await this.coder.backend.resume(task);
    return this.#register(task);
  }

  /** The first name that is free, or that turns out to be the issue's own task. */
  async #create(): Promise<Creation> {
    const { directory, settings } = this.coder;
    const claimed = this.record.task;
    const template = directory.template();
    // Awaited below, where it is needed; until then a failure of it is nobody's.
    template.catch(() => {});
    const owner = claimed?.owner ?? (await directory.userOf(this.event.sender));
    const { repository, issue } = this.event;
    const names = taskNames(settings.CODER_TASK_NAME_PREFIX, {
      owner: repository.owner,
      repository: repository.name,
      issue: issue.number,
    });
    for (const name of new Set(claimed ? [claimed.name, ...names] : names)) {
      const location: TaskLocation = { backend: "tasks", owner, name };
      // Who comes to end the task meanwhile learns from this where to look for it.
      if (!(await store.updateAs(this.intent, this.#key, { task: location }))) return superseded(this.record);
      const task = await this.#createNamed(location, await template);
      if (task) return this.#reuse(task);
    }
    throw new TaskNameTakenError(
      `The names that the task of ${issueReference(this.event)} could have (${names.join(", ")}) are held by other workspaces of ${owner}. Delete or rename one of them, then redrive this run.`,
    );
  }

  /** `undefined` where the name serves something else. */
  async #createNamed(location: TaskLocation, template: TemplateChoice): Promise<CoderTask | undefined> {
    const { owner, name } = location;
    try {
      return await this.coder.backend.create({
        owner,
        name,
        displayName: oneLine(this.event.issue.title, displayNameLength) || name,
        prompt: this.event.issue.url,
        template,
      });
    } catch (error) {
      const isTaken = isRefusal(error, 409);
      if (!isTaken && !(error instanceof TransientError)) {
        if (error instanceof RefusedRequestError)
          await store.updateAs(this.intent, this.#key, { task: undefined });
        throw error;
      }
      // Taken, or the outcome is unknown; two creates at once get a 500 from Coder. So look before anything else.
      const found = await this.coder.backend.find(location);
      if (found) return namesIssue(found.prompt, this.event.issue.url) ? found : undefined;
      if (!isTaken) throw error;
      if (this.#wasJustDeleted(name)) {
        throw new TaskBusyError(
          `The workspace of the former task ${owner}/${name} is being deleted. It is retried.`,
        );
      }
      return undefined;
    }
  }

  #wasJustDeleted(name: string): boolean {
    const { formerName, formerEndedAt = 0 } = this.record;
    return formerName === name && Date.now() - formerEndedAt < deletionMs;
  }

  async #register({ backend, owner, name, id, url }: CoderTask): Promise<Creation> {
    const task: TaskLocation = { backend, owner, name, id, url };
    if (await store.updateAs(this.intent, this.#key, { task })) {
      log.info("The issue has its task", { issue: issueReference(this.event), task: `${owner}/${name}`, id });
      return { outcome: "created", intent: this.intent, task };
    }
    const now = await store.get(this.#key);
    // A newer event that wants the task finds it by its name.
    if (now?.intent === undefined || now.wanted !== false) return superseded(now);
    return { outcome: "unwanted", intent: now.intent, task };
  }
}

function superseded(record: TaskRecord | undefined): Creation {
  return { outcome: "superseded", intent: record?.intent ?? 0, task: null };
}
