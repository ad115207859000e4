import type { Octokit } from "@octokit/rest";
import { isRefusal } from "../model/errors.js";
import type { RepositoryName } from "./contents.js";

/** A pull request as far as it says what the agent may be asked to do with it. Accounts are given by their ids. */
export interface GivenPull {
  author: number | undefined;
  assignees: number[];
  /** Whose review is requested. Who has submitted one is not among them any more. */
  reviewers: number[];
  isOpen: boolean;
  isMerged: boolean;
  /** ISO 8601. */
  updatedAt: string;
  /** `owner/name` of the fork that its branch is in; "" if that is gone, `undefined` if it is in the repository itself. */
  fork: string | undefined;
  /** Whether its author lets those who may push to the repository push to its branch, if that is in a fork. */
  isOpenToMaintainers: boolean;
}

/** `undefined` if GitHub does not show it. */
export async function readGivenPull(
  octokit: Octokit,
  { owner, name: repo }: RepositoryName,
  number: number,
): Promise<GivenPull | undefined> {
  try {
    const { data } = await octokit.rest.pulls.get({ owner, repo, pull_number: number });
    const idsOf = (people: readonly { id: number | bigint }[] | null | undefined) =>
      (people ?? []).map(({ id }) => Number(id));
    const { base } = data;
    // The types don't know that a fork can be gone.
    const head: { repo: { id: number | bigint; full_name: string } | null } = data.head;
    return {
      author: idsOf(data.user && [data.user])[0],
      assignees: idsOf(data.assignees),
      reviewers: idsOf(data.requested_reviewers),
      isOpen: data.state === "open",
      isMerged: data.merged,
      updatedAt: data.updated_at,
      fork: head.repo?.id === base.repo.id ? undefined : (head.repo?.full_name ?? ""),
      isOpenToMaintainers: data.maintainer_can_modify,
    };
  } catch (error) {
    if (isRefusal(error, 404, 410)) return undefined;
    throw error;
  }
}
