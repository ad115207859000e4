import type { IssueRef } from "../issues/issues.js";
import { newSha, type Pull } from "../pulls/pull.js";
import type { Pulls } from "../pulls/pulls.js";
import type { Happenings } from "../repositories/happenings.js";
import type { Repositories } from "../repositories/repositories.js";
import type { User } from "../repositories/repository.js";
import type { Contents } from "./contents.js";

/** What merging a pull request would bring, on a branch of the queue's own: CI reports on this commit. */
export interface MergeGroup {
  pull: Pull;
  branch: string;
  sha: string;
}

/**
 * Merge queues. Their checks are reported on the merge group's commit, never on the pull request's, and no pull request is
 * named with them. https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue
 */
export class MergeQueue {
  #bot: User | undefined;

  constructor(
    readonly pulls: Pulls,
    readonly contents: Contents,
    readonly repositories: Repositories,
    readonly happenings: Happenings,
  ) {}

  get #by(): string {
    this.#bot ??= this.repositories.addUser({ login: "github-merge-queue[bot]", type: "Bot" });
    return this.#bot.login;
  }

  /** Somebody adds a pull request to the queue, which makes a merge group of it alone and asks CI for its checks. */
  async enqueue(ref: IssueRef, { by }: { by: string }): Promise<MergeGroup> {
    const pull = this.pulls.get(ref);
    const { repo, base, number } = pull;
    await this.pulls.tell(pull, "enqueued", by, {});
    const tip = this.contents.resolve(repo, base) ?? newSha();
    const branch = `gh-readonly-queue/${base}/pr-${number}-${tip}`;
    const commits = [{ message: `Merge pull request #${number}` }];
    const { sha } = await this.contents.push({ repo, branch, by: this.#by, from: base, commits });
    const group = { pull, branch, sha };
    await this.#tell(group, "checks_requested", tip);
    return group;
  }

  /** The group is over: its pull request is merged, or removed from the queue, for one of GitHub's reasons. */
  async end({ pull, branch, sha }: MergeGroup, reason: "MERGE" | "CI_FAILURE" | "MERGE_CONFLICT") {
    const { repo, base } = pull;
    const by = this.#by;
    const isMerged = reason === "MERGE";
    if (isMerged) {
      await this.contents.push({ repo, branch: base, by, from: branch, forwarded: true });
      this.pulls.baseMoves(repo, base);
    }
    await this.#tell({ pull, branch, sha }, "destroyed", sha, isMerged ? "merged" : "invalidated");
    await this.contents.push({ repo, branch, by, deleted: true });
    const dequeued = await this.pulls.tell(pull, "dequeued", by, { reason });
    if (isMerged) await this.pulls.close(pull, { by, merged: true, mergeSha: sha });
    return dequeued;
  }

  #tell({ pull, branch, sha }: MergeGroup, action: string, baseSha: string, reason?: string) {
    const { repo, base } = pull;
    const refs = { head_ref: `refs/heads/${branch}`, base_ref: `refs/heads/${base}` };
    const fields = { merge_group: { ...refs, head_sha: sha, base_sha: baseSha }, reason };
    return this.happenings.tell({ event: "merge_group", action, repository: repo, by: this.#by, fields }, {});
  }
}
