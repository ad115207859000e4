import { RepositoryClient } from "../github/repository.js";
import { readNamedPull } from "../github/stale-reads.js";
import type { SurveyedPull } from "../github/survey.js";
import { inputsOfFailure } from "../inbox/inputs.js";
import { isMissing } from "../inbox/missing.js";
import type { CommentPosted, CommitFailure } from "../model/event.js";
import { issueKey, type TaskKey } from "../model/record.js";
import type { FailedCheck, Relayed } from "../model/relayed.js";
import { type PullEvent, TaskFinder } from "../tasks/finder.js";
import { type Batch, recordOf } from "./batch.js";

/**
 * Finds the tasks that issues and pull requests belong to, and remembers them. Unlike a flow, it doesn't search Coder.
 */
export class Destinations {
  readonly #ofPulls = new Map<string, Promise<TaskKey | undefined>>();

  constructor(
    private readonly batch: Pick<Batch, "octokit" | "store"> & Partial<Pick<Batch, "surveys" | "live">>,
  ) {}

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

  /** Whether the inbox of a pull request's task lacks the inputs of a failure. For other CI, these are `checks`. */
  async lacks(
    { number, url, headBranch: branch }: SurveyedPull,
    event: CommitFailure,
    checks: FailedCheck[],
  ): Promise<boolean> {
    const key = await this.ofPull(event, number);
    if (!key) return false;
    const relayed: Relayed = { silence: "", who: "", text: "", branch, checks };
    for (const input of inputsOfFailure(event, { kind: "pull", number, url }, key, relayed)) {
      if (await isMissing(key, input)) return true;
    }
    return false;
  }

  /**
   * A branch that has led to a live task before costs no request. If it leads to another task now, the flow finds that
   * one, and its inbox doesn't accept anything twice.
   */
  async #find(event: PullEvent, number: number): Promise<TaskKey | undefined> {
    const { octokit, store, surveys = [] } = this.batch;
    const { id } = event.repository;
    const surveyed = surveys.find(({ repository }) => repository.id === id)?.pulls ?? [];
    const known = await this.#remembered(
      id,
      surveyed.find((pull) => pull.number === number),
    );
    if (known) return known;
    const pull = await readNamedPull(new RepositoryClient(octokit, event.repository), number);
    if (!pull) return undefined;
    const coder = () => Promise.reject(new TypeError("A sweep does not search Coder."));
    return new TaskFinder({ store, octokit, event, coder, isTrusted: async () => false }).ofPull(pull);
  }

  async #remembered(repositoryId: number, pull: SurveyedPull | undefined): Promise<TaskKey | undefined> {
    if (pull?.headRepositoryId === undefined) return undefined;
    const { headRepositoryId, headBranch: name } = pull;
    const work = await this.batch.store.workOfBranch({
      baseRepositoryId: repositoryId,
      headRepositoryId,
      name,
    });
    if (work === undefined) return undefined;
    const key = { repositoryId, work };
    return (await recordOf(this.batch, key))?.wanted ? key : undefined;
  }
}
