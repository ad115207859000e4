import { RepositoryClient } from "../github/repository.js";
import type { CommentPosted } from "../model/event.js";
import { issueKey, type TaskKey } from "../model/record.js";
import { type PullEvent, TaskFinder } from "../tasks/finder.js";
import type { Batch } from "./batch.js";

/** Finds the tasks that issues and pull requests belong to, each once. Unlike a flow, it doesn't search Coder. */
export class Destinations {
  readonly #ofPulls = new Map<string, Promise<TaskKey | undefined>>();

  constructor(private readonly batch: Pick<Batch, "octokit" | "store">) {}

  async of(event: CommentPosted): Promise<TaskKey | undefined> {
    const { subject, repository } = event;
    if (subject.kind === "pull") return this.ofPull(event, subject.number);
    return issueKey(repository.id, subject.number);
  }

  ofPull(event: PullEvent, number: number): Promise<TaskKey | undefined> {
    const id = `${event.repository.id}#${number}`;
    const found = this.#ofPulls.get(id) ?? this.#find(event, number);
    this.#ofPulls.set(id, found);
    return found;
  }

  async #find(event: PullEvent, number: number): Promise<TaskKey | undefined> {
    const { octokit, store } = this.batch;
    const pull = await new RepositoryClient(octokit, event.repository).pull(number);
    if (!pull) return undefined;
    const coder = () => Promise.reject(new TypeError("Coder is not asked here."));
    return new TaskFinder({ store, octokit, event, coder, isTrusted: async () => false }).ofPull(pull);
  }
}
