import type { Octokit } from "@octokit/rest";
import { isRefusal, RefusedRequestError } from "../model/errors.js";
import { cutToLimit, limits } from "../text/limits.js";
import { Authorship } from "./authorship.js";
import { readWhileStale } from "./stale-reads.js";

const perPage = 100;

/** How many pages of comments are read side by side. */
const pagesAtOnce = 10;

/** The address of an issue or a pull request. */
export interface IssueAddress {
  repository: { id?: number; owner: string; name: string };
  issue: { number: number; url: string };
}

/** One issue, as the App's bot sees it through one installation. */
export class IssueClient {
  readonly #octokit: Octokit;
  readonly #repository: { owner: string; repo: string };
  readonly #issue: { owner: string; repo: string; issue_number: number };
  readonly #url: string;
  readonly #repositoryId: number | undefined;

  constructor(octokit: Octokit, { repository, issue }: IssueAddress) {
    this.#octokit = octokit;
    this.#repository = { owner: repository.owner, repo: repository.name };
    this.#issue = { ...this.#repository, issue_number: issue.number };
    this.#url = issue.url;
    this.#repositoryId = repository.id;
  }

  /**
   * Whether the issue is open and the account `assigneeId` among its assignees; `false` if it was deleted, `undefined` if
   * GitHub does not say. While GitHub does not show the issue, or only its state before `since` (ISO 8601), it is asked
   * again, for some seconds.
   */
  async isOpenFor(assigneeId: number, since: string): Promise<boolean | undefined> {
    const read = await readWhileStale(
      (now) => !now || (now.isOpenFor === false && Date.parse(now.updatedAt) < Date.parse(since)),
      () => this.#read(assigneeId),
    );
    return read?.isOpenFor;
  }

  async #read(
    assigneeId: number,
  ): Promise<{ isOpenFor: boolean | undefined; updatedAt: string } | undefined> {
    try {
      const { data, url } = await this.#octokit.rest.issues.get(this.#issue);
      const isAssigned = data.assignees?.some(({ id }) => Number(id) === assigneeId) ?? false;
      // For a transferred issue, GitHub answers with the new one; for one of a renamed repository, with the issue itself.
      const [, redirectedTo] = /\/repositories\/(\d+)\//.exec(url) ?? [];
      const isSame =
        !data.html_url ||
        data.html_url.toLowerCase() === this.#url.toLowerCase() ||
        (redirectedTo !== undefined && Number(redirectedTo) === this.#repositoryId);
      return { isOpenFor: data.state === "open" && isAssigned && isSame, updatedAt: data.updated_at };
    } catch (error) {
      if (isRefusal(error, 410)) return { isOpenFor: false, updatedAt: "9999" };
      if (isRefusal(error, 404)) return undefined;
      throw error;
    }
  }

  /**
   * The id of the newest comment that this App made and that begins with `marker`. The pages are read side by side, from
   * the last one backwards. `count` is how many comments there are at least: with it, that begins at once.
   */
  async findOwnComment(marker: string, appId: string, count = 0): Promise<number | undefined> {
    const authorship = new Authorship(this.#octokit, appId);
    const lastPage = Math.max(1, Math.ceil(count / perPage));
    for (let page = lastPage; page > 0; page -= pagesAtOnce) {
      const batch = Array.from({ length: Math.min(page, pagesAtOnce) }, (_, index) => page - index);
      const answers = await Promise.all(batch.map((number) => this.#comments(number)));
      const actualLast = lastPageOf(answers[0]?.headers.link);
      if (actualLast > lastPage) return this.findOwnComment(marker, appId, actualLast * perPage);
      for (const comment of answers.flatMap(({ data }) => data.toReversed())) {
        if (comment.body?.startsWith(marker) && (await authorship.isOurs(comment))) return Number(comment.id);
      }
    }
    return undefined;
  }

  #comments(page: number) {
    return this.#octokit.rest.issues.listComments({ ...this.#issue, per_page: perPage, page });
  }

  async createComment(body: string): Promise<number> {
    const { data, status, url } = await this.#octokit.rest.issues.createComment({
      ...this.#issue,
      body: cutToLimit(body, limits.gitHub.body),
    });
    // The issue was transferred: the redirect made a GET of the POST, and something else was answered.
    if (status !== 201)
      throw new RefusedRequestError("GitHub", 301, `POST ${new URL(url).pathname}`, "Moved");
    return Number(data.id);
  }

  /** Replaces a comment's text; `false` if the comment is gone. */
  async updateComment(id: number, body: string): Promise<boolean> {
    try {
      await this.#octokit.rest.issues.updateComment({
        ...this.#repository,
        comment_id: id,
        body: cutToLimit(body, limits.gitHub.body),
      });
      return true;
    } catch (error) {
      if (isRefusal(error, 404, 410)) return false;
      throw error;
    }
  }
}

/** The number of the last page, by the `Link` header of an answer; 0 if that was the last one. */
function lastPageOf(link: string | undefined): number {
  return Number(/[?&]page=(\d+)[^>]*>; rel="last"/.exec(link ?? "")?.[1] ?? 0);
}
