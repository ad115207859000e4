import type { Octokit } from "@octokit/rest";
import { isRefusal } from "../model/errors.js";
import type { Person } from "../model/event.js";
import { isSameLogin } from "../model/login.js";
import type { PullState } from "../model/record.js";
import { findAccount, findLogin } from "./accounts.js";

const perPage = 100;
const mostPages = 3;

/** The parts of a pull request that show which task it belongs to. */
export interface Pull {
  number: number;
  /** Its id in the GraphQL API. */
  nodeId: string;
  url: string;
  /** The repository that it is to be merged into. */
  repositoryId: number;
  /** Its current name, `owner/name` in lower case. */
  repositoryName: string;
  /** The login of its author. */
  author: string;
  /** The id of that account; `undefined` if it is gone. */
  authorId: number | undefined;
  /** The ids of the accounts that it is assigned to, and of those whose review is requested. */
  assignees: number[];
  reviewers: number[];
  isOpen: boolean;
  state: PullState;
  /** ISO 8601. */
  updatedAt: string;
  title: string;
  body: string;
  headSha: string;
  headBranch: string;
  /** `undefined` if the fork is gone. */
  headRepositoryId: number | undefined;
  /** The branch that it is to be merged into, and a commit of that branch. */
  baseBranch: string;
  baseSha: string;
  /**
   * `false` if there is a conflict; `undefined` in lists, and while GitHub is computing it, which reading the pull
   * request starts.
   */
  isMergeable: boolean | undefined;
}

interface Account {
  id: number | bigint;
}

interface PullData {
  number: number;
  node_id: string;
  html_url: string;
  user: { id: number | bigint; login: string } | null;
  assignees?: Account[] | null;
  requested_reviewers?: Account[] | null;
  state: string;
  draft?: boolean;
  merged_at: string | null;
  updated_at: string;
  title: string;
  body: string | null;
  mergeable?: boolean | null;
  base: { ref: string; sha: string; repo: { id: number | bigint; full_name: string } };
  head: { sha: string; ref: string; repo: { id: number | bigint } | null };
}

/** One repository, as the App's bot sees it through one installation. */
export class RepositoryClient {
  readonly #name: { owner: string; repo: string };

  constructor(
    private readonly octokit: Octokit,
    repository: { owner: string; name: string },
  ) {
    this.#name = { owner: repository.owner, repo: repository.name };
  }

  /**
   * The permission of a user: `none`, `read`, `triage`, `write`, `maintain` or `admin`. `role_name` counts if it is one
   * of these; a custom role counts as the one that it is based on. GitHub looks up the login, but only the id counts, so
   * a user who was renamed is looked up again under the new login.
   */
  async permissionOf({ id, login }: Pick<Person, "id" | "login">): Promise<string> {
    const named = await this.#permissionOf(login);
    if (named?.id === id) return named.permission;
    const current = await findLogin(this.octokit, id);
    if (current === undefined || isSameLogin(current, login)) return "none";
    const renamed = await this.#permissionOf(current);
    return renamed?.id === id ? renamed.permission : "none";
  }

  /** The permission of the account that currently has the login. */
  async #permissionOf(username: string): Promise<{ id: number; permission: string } | undefined> {
    try {
      const { data } = await this.octokit.rest.repos.getCollaboratorPermissionLevel({
        ...this.#name,
        username,
      });
      const { role_name: role, permission, user } = data;
      if (!user) return undefined;
      return {
        id: Number(user.id),
        permission: role === "triage" || role === "maintain" ? role : permission,
      };
    } catch (error) {
      if (isRefusal(error, 404)) return undefined;
      throw error;
    }
  }

  /** The GitHub user with a login; `undefined` if there is none. */
  person(login: string): Promise<Person | undefined> {
    return findAccount(this.octokit, login);
  }

  /** The repository's page. */
  async url(): Promise<string> {
    return (await this.octokit.rest.repos.get(this.#name)).data.html_url;
  }

  /** `undefined` if there is none. */
  async pull(number: number): Promise<Pull | undefined> {
    try {
      const { data } = await this.octokit.rest.pulls.get({
        ...this.#name,
        pull_number: number,
      });
      return toPull(data);
    } catch (error) {
      if (isRefusal(error, 404, 410)) return undefined;
      throw error;
    }
  }

  /** All open pull requests with one head, `owner:branch`. */
  async openPullsOf(headOwner: string, branch: string): Promise<Pull[]> {
    const pulls = await this.octokit.paginate(this.octokit.rest.pulls.list, {
      ...this.#name,
      state: "open",
      head: `${headOwner}:${branch}`,
      per_page: perPage,
    });
    return pulls.map(toPull);
  }

  /** All open pull requests into a branch, oldest first. */
  async openPullsInto(base: string): Promise<Pull[]> {
    const pulls = await this.octokit.paginate(this.octokit.rest.pulls.list, {
      ...this.#name,
      state: "open",
      base,
      sort: "created",
      direction: "asc",
      per_page: perPage,
    });
    return pulls.map(toPull);
  }

  /** Asks a person to review a pull request. */
  async requestReview(pull: number, login: string): Promise<void> {
    await this.octokit.rest.pulls.requestReviewers({
      ...this.#name,
      pull_number: pull,
      reviewers: [login],
    });
  }

  /** The pull requests that GitHub associates with a commit, both open and closed. */
  async pullsOfCommit(sha: string): Promise<Pull[]> {
    try {
      const { data } = await this.octokit.rest.repos.listPullRequestsAssociatedWithCommit({
        ...this.#name,
        commit_sha: sha,
        per_page: perPage,
      });
      return data.map(toPull);
    } catch (error) {
      if (isRefusal(error, 404, 409, 422)) return [];
      throw error;
    }
  }

  /** The open pull requests that meet the condition, among the 300 that changed most recently. */
  async findOpenPulls(isIt: (pull: Pull) => boolean): Promise<Pull[]> {
    const open = {
      ...this.#name,
      state: "open",
      sort: "updated",
      direction: "desc",
      per_page: perPage,
    } as const;
    const found: Pull[] = [];
    let pages = 0;
    for await (const { data } of this.octokit.paginate.iterator(this.octokit.rest.pulls.list, open)) {
      found.push(...data.map(toPull).filter(isIt));
      pages += 1;
      if (pages === mostPages) break;
    }
    return found;
  }

  /**
   * Adds 👀 to a comment, or to the pull request with the number `id`, to show people that it was received. A review as a
   * whole can't have reactions.
   */
  async acknowledge(kind: "comment" | "review_comment" | "review" | "pull", id: number): Promise<void> {
    if (kind === "review") return;
    const { reactions } = this.octokit.rest;
    if (kind === "pull") {
      await reactions.createForIssue({ ...this.#name, issue_number: id, content: "eyes" });
      return;
    }
    const react =
      kind === "comment" ? reactions.createForIssueComment : reactions.createForPullRequestReviewComment;
    await react({ ...this.#name, comment_id: id, content: "eyes" });
  }

  /** The last closed pull requests with one head, `owner:branch`. */
  async closedPullsOf(headOwner: string, branch: string): Promise<Pull[]> {
    const { data } = await this.octokit.rest.pulls.list({
      ...this.#name,
      state: "closed",
      head: `${headOwner}:${branch}`,
      sort: "updated",
      direction: "desc",
      per_page: perPage,
    });
    return data.map(toPull);
  }
}

function stateOf({ state, draft, merged_at: mergedAt }: PullData): PullState {
  if (state === "open") return draft ? "draft" : "open";
  return mergedAt === null ? "closed" : "merged";
}

function toPull(data: PullData): Pull {
  return {
    number: data.number,
    nodeId: data.node_id,
    url: data.html_url,
    repositoryId: Number(data.base.repo.id),
    repositoryName: data.base.repo.full_name.toLowerCase(),
    author: data.user?.login ?? "ghost",
    authorId: data.user ? Number(data.user.id) : undefined,
    assignees: idsOf(data.assignees),
    reviewers: idsOf(data.requested_reviewers),
    isOpen: data.state === "open",
    state: stateOf(data),
    updatedAt: data.updated_at,
    title: data.title,
    body: data.body ?? "",
    headSha: data.head.sha,
    headBranch: data.head.ref,
    headRepositoryId: data.head.repo ? Number(data.head.repo.id) : undefined,
    baseBranch: data.base.ref,
    baseSha: data.base.sha,
    isMergeable: data.mergeable ?? undefined,
  };
}

function idsOf(accounts: readonly Account[] | null | undefined): number[] {
  return (accounts ?? []).map(({ id }) => Number(id));
}
