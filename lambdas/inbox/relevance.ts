import type { Octokit } from "@octokit/rest";
import { connectGitHub } from "../github/app.js";
import { type CommitReport, reportsOn } from "../github/commit-reports.js";
import { findCommit } from "../github/contents.js";
import { type Pull, RepositoryClient } from "../github/repository.js";
import { hasSucceeded, hasSucceededSince } from "../github/runs.js";
import { readNamedPull } from "../github/stale-reads.js";
import { isSuccessful } from "../model/conclusion.js";
import { isOutOfReach, isRefusedForGood, NotInstalledError, TransientError } from "../model/errors.js";
import type { TaskKey } from "../model/record.js";
import { log } from "../runtime/log.js";
import type { Input } from "./message/input.js";
import type { Head } from "./stored-input.js";

type ConflictInput = Extract<Input, { conflict: unknown }>;

/** Decides for one message which waiting CI failures and conflicts still matter. */
export class Relevance {
  /** Each pull request and the reports on each commit are read only once for all failures. */
  readonly #pulls = new Map<string, Promise<Pull | undefined>>();
  readonly #reports = new Map<string, Promise<CommitReport[]>>();

  constructor(private readonly key: TaskKey) {}

  /**
   * A CI failure or conflict as it is now. `undefined` if its commit is no longer the head of its open pull request, or if
   * it is known to be resolved; also if the App can no longer read the repository (blocked, gone, uninstalled), or if its
   * name now belongs to another one. If the repository is not the task's, errors don't name it, because the task's issue
   * shows them.
   */
  async asOfNow(input: Input, head: Head & { installation: number }): Promise<Input | undefined> {
    const isElsewhere = head.repository.id !== undefined && head.repository.id !== this.key.repositoryId;
    try {
      const octokit = (await connectGitHub()).installation(head.installation);
      if (!(await this.#isCurrent(octokit, head, isElsewhere))) return undefined;
      if (await this.#hasPassed(octokit, head)) return undefined;
      return "conflict" in input ? await this.#withBaseNow(octokit, input, head) : input;
    } catch (error) {
      if (isOutOfReach(error) || error instanceof NotInstalledError) {
        log.warn("The repository of a failed run is out of reach", { pull: head.pull, error: error.name });
        return undefined;
      }
      if (isElsewhere && error instanceof TransientError) {
        throw new TransientError(
          "GitHub did not answer about a failed run of another repository. It is retried.",
        );
      }
      throw error;
    }
  }

  /** Whether the commit is still the head of its open pull request. Always true for a failing branch, which has none. */
  async #isCurrent(octokit: Octokit, head: Head, isElsewhere: boolean): Promise<boolean> {
    const { pull: number, repository, isConflict = false } = head;
    if (number === undefined) return true;
    const pull = await this.#pull(octokit, head, number);
    const isSameRepository = repository.id === undefined || pull?.repositoryId === repository.id;
    // The link was checked under the name that the other repository had at that time.
    const isRenamed = isElsewhere && pull?.repositoryName !== nameOf(repository);
    return (
      pull?.isOpen === true &&
      pull.headSha === head.sha &&
      !(isConflict && pull.isMergeable) &&
      isSameRepository &&
      !isRenamed
    );
  }

  /** The base branch may have been renamed, or the pull request may have got another one. */
  async #withBaseNow(octokit: Octokit, input: ConflictInput, head: Head): Promise<Input> {
    const pull = head.pull === undefined ? undefined : await this.#pull(octokit, head, head.pull);
    if (!pull || pull.baseBranch === input.conflict.baseBranch) return input;
    const { baseBranch } = pull;
    const tip = await findCommit(octokit, head.repository, `heads/${baseBranch}`);
    return { ...input, conflict: { baseBranch, baseSha: tip ?? pull.baseSha } };
  }

  #pull(octokit: Octokit, head: Head, number: number): Promise<Pull | undefined> {
    const { installation, repository, isConflict = false } = head;
    const key = [installation, nameOf(repository), number, isConflict].join("#");
    const read = this.#pulls.get(key) ?? readPull(octokit, { repository, number, isConflict });
    this.#pulls.set(key, read);
    return read;
  }

  /**
   * Whether the run or check has passed since: in a re-run on the same commit or, on a failing branch, on a newer commit.
   * `false` while it runs again, and if GitHub gives no clear answer.
   */
  async #hasPassed(octokit: Octokit, { repository, pull, sha, run, check }: Head): Promise<boolean> {
    try {
      if (run && pull === undefined) return await hasSucceededSince(octokit, repository, run);
      // A newer run of the same workflow and commit may be for another base branch.
      if (run) return await hasSucceeded(octokit, repository, run);
      if (!check) return false;
      const key = `${repository.owner}/${repository.name}@${sha}`;
      const reports = this.#reports.get(key) ?? reportsOn(octokit, repository, sha);
      this.#reports.set(key, reports);
      const now = (await reports).filter(
        ({ kind, app, name }) => kind === check.kind && (app?.id ?? "") === check.app && name === check.name,
      );
      return now.length > 0 && now.every(({ conclusion }) => isSuccessful(conclusion));
    } catch (error) {
      if (!isRefusedForGood(error)) throw error;
      log.warn("GitHub does not say whether a failed check has passed since", { sha, error });
      return false;
    }
  }
}

/** After a push, GitHub takes some seconds to compute whether a pull request can be merged. A conflict needs to know. */
function readPull(
  octokit: Octokit,
  { repository, number, isConflict }: Pick<Head, "repository"> & { number: number; isConflict: boolean },
): Promise<Pull | undefined> {
  const client = new RepositoryClient(octokit, repository);
  return readNamedPull(
    client,
    number,
    ({ isOpen, isMergeable }) => isConflict && isOpen && isMergeable === undefined,
  );
}

function nameOf({ owner, name }: Head["repository"]): string {
  return `${owner}/${name}`.toLowerCase();
}
