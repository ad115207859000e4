import type { Octokit } from "@octokit/core";
import { isRefusal, RateLimitedError, RefusedRequestError } from "../errors.js";
import type { Person } from "../events/event.js";
import { isSameLogin } from "../events/login.js";
import { log } from "../log.js";

const perPage = 100;

/** A pull request, as far as it tells whose task it belongs to. */
export interface Pull {
  number: number;
  url: string;
  author: string;
  isOpen: boolean;
  /** ISO 8601. */
  updatedAt: string;
  body: string;
  headSha: string;
  headBranch: string;
  /** `undefined` where the fork is gone. */
  headRepositoryId: number | undefined;
}

/** An issue that a pull request closes: often, not always, of the same repository. */
export interface ClosingReferences {
  issues: ClosingReference[];
  /** Whether GitHub has said so: `false` where it only said that something went wrong. */
  areCertain: boolean;
}

export interface ClosingReference {
  repositoryId: number;
  issue: number;
}

interface PullData {
  number: number;
  html_url: string;
  user: { login: string } | null;
  state: string;
  updated_at: string;
  body: string | null;
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
   * The permission of a user: `none`, `read`, `triage`, `write`, `maintain` or `admin`. The finer name of a role
   * counts where it is one of these; a role of an organization's own counts as what it is based on.
   */
  async permissionOf(username: string): Promise<string> {
    try {
      const { data } = await this.octokit.request(
        "GET /repos/{owner}/{repo}/collaborators/{username}/permission",
        { ...this.#name, username },
      );
      return data.role_name === "triage" || data.role_name === "maintain" ? data.role_name : data.permission;
    } catch (error) {
      if (isRefusal(error, 404)) return "none";
      throw error;
    }
  }

  /** The GitHub user of a login; `undefined` where there is none. */
  async person(login: string): Promise<Person | undefined> {
    try {
      const { data } = await this.octokit.request("GET /users/{username}", { username: login });
      return { id: Number(data.id), login: data.login, type: data.type };
    } catch (error) {
      if (isRefusal(error, 404)) return undefined;
      throw error;
    }
  }

  /** The repository's page. */
  async url(): Promise<string> {
    return (await this.octokit.request("GET /repos/{owner}/{repo}", this.#name)).data.html_url;
  }

  /** `undefined` where there is none. */
  async pull(number: number): Promise<Pull | undefined> {
    try {
      const { data } = await this.octokit.request("GET /repos/{owner}/{repo}/pulls/{pull_number}", {
        ...this.#name,
        pull_number: number,
      });
      return toPull(data);
    } catch (error) {
      if (isRefusal(error, 404, 410)) return undefined;
      throw error;
    }
  }

  /** All open pull requests of one head, `owner:branch`. */
  async openPullsOf(headOwner: string, branch: string): Promise<Pull[]> {
    const pulls: Pull[] = [];
    for (let page = 1; ; page++) {
      const { data } = await this.octokit.request("GET /repos/{owner}/{repo}/pulls", {
        ...this.#name,
        state: "open",
        head: `${headOwner}:${branch}`,
        per_page: perPage,
        page,
      });
      pulls.push(...data.map(toPull));
      if (data.length < perPage) return pulls;
    }
  }

  /** The issues that a pull request closes once it is merged, as far as GitHub tells. */
  async closingReferences(pull: number): Promise<ClosingReferences> {
    try {
      return { issues: await this.#closingReferences(pull), areCertain: true };
    } catch (error) {
      if (isRefusal(error, 404)) return { issues: [], areCertain: true };
      if (!(error instanceof Error) || error.name !== "GraphqlResponseError") throw error;
      if (/rate limit/i.test(error.message)) throw new RateLimitedError(error.message);
      log.warn("GitHub does not tell which issues a pull request closes", { pull, reason: error.message });
      return { issues: [], areCertain: false };
    }
  }

  async #closingReferences(pull: number): Promise<ClosingReference[]> {
    const answer = await this.octokit.graphql<ClosingAnswer>(
      `query ($owner: String!, $repo: String!, $pull: Int!) {
        repository(owner: $owner, name: $repo) {
          pullRequest(number: $pull) {
            closingIssuesReferences(first: 25) { nodes { number repository { databaseId } } }
          }
        }
      }`,
      { ...this.#name, pull },
    );
    const nodes = answer.repository?.pullRequest?.closingIssuesReferences?.nodes ?? [];
    return nodes.flatMap((node) =>
      node?.repository.databaseId ? [{ repositoryId: node.repository.databaseId, issue: node.number }] : [],
    );
  }

  /** 👀 on a comment: a sign to its author that it was taken in. A review as a whole cannot carry one. */
  async acknowledge(kind: "comment" | "review_comment" | "review", id: number): Promise<void> {
    const reaction = { ...this.#name, comment_id: id, content: "eyes" } as const;
    try {
      if (kind === "comment") {
        await this.octokit.request(
          "POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions",
          reaction,
        );
      } else if (kind === "review_comment") {
        await this.octokit.request(
          "POST /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions",
          reaction,
        );
      }
    } catch (error) {
      // Deleted meanwhile, or locked: what was said reaches the agent all the same.
      if (!(error instanceof RefusedRequestError)) throw error;
      log.warn("The comment cannot be acknowledged", { kind, id, error: error.name });
    }
  }

  /** Those pull requests of one head that were closed last, `owner:branch`. */
  async closedPullsOf(headOwner: string, branch: string): Promise<Pull[]> {
    const { data } = await this.octokit.request("GET /repos/{owner}/{repo}/pulls", {
      ...this.#name,
      state: "closed",
      head: `${headOwner}:${branch}`,
      sort: "updated",
      direction: "desc",
      per_page: perPage,
    });
    return data.map(toPull);
  }

  /** Whether `pull` is an open one of `author`'s whose head is still `sha`. */
  async isHeadCurrent(number: number, sha: string, author: string): Promise<boolean> {
    const pull = await this.pull(number);
    return pull?.isOpen === true && pull.headSha === sha && isSameLogin(pull.author, author);
  }
}

interface ClosingAnswer {
  repository?: {
    pullRequest?: {
      closingIssuesReferences?: {
        nodes?: ({ number: number; repository: { databaseId: number | null } } | null)[];
      } | null;
    } | null;
  } | null;
}

function toPull(data: PullData): Pull {
  return {
    number: data.number,
    url: data.html_url,
    author: data.user?.login ?? "ghost",
    isOpen: data.state === "open",
    updatedAt: data.updated_at,
    body: data.body ?? "",
    headSha: data.head.sha,
    headBranch: data.head.ref,
    headRepositoryId: data.head.repo ? Number(data.head.repo.id) : undefined,
  };
}
