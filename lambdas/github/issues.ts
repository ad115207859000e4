import type { Octokit, RestEndpointMethodTypes } from "@octokit/rest";
import { isRefusal, RefusedRequestError, TransientError } from "../model/errors.js";
import { cutToLimit, limits } from "../text/limits.js";
import { type Authored, Authorship } from "./authorship.js";
import { readWhileStale } from "./stale-reads.js";

const perPage = 100;

/** How many pages of comments are read in parallel. */
const pagesAtOnce = 10;

type IssueComment = Authored & { id: number; body?: string };

/** The address of an issue or a pull request. */
export interface IssueAddress {
  repository: { id?: number; owner: string; name: string };
  issue: { number: number; url: string };
}

type IssueData = RestEndpointMethodTypes["issues"]["get"]["response"]["data"];

/**
 * The current state of an issue. For a transferred one, the data is that of the new issue. `unseen`: GitHub does not show
 * it to the App.
 */
export type IssueNow =
  | { state: "there" | "transferred"; data: IssueData }
  | { state: "deleted" }
  | { state: "unseen" };

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
   * Whether the issue is open and the account with the id `assignee` is among its assignees; `false` if it was deleted,
   * `undefined` if GitHub does not show it. As long as GitHub does not show the issue, or shows only its state before
   * `since` (ISO 8601), we ask again for a few seconds; without `since`, we ask only once. The lookup of the id runs in
   * parallel.
   */
  async isOpenFor(assignee: Promise<number>, since?: string): Promise<boolean | undefined> {
    const read = () => this.#read(assignee);
    if (since === undefined) return (await read())?.isOpenFor;
    const now = await readWhileStale(
      (one) => !one || (one.isOpenFor === false && Date.parse(one.updatedAt) < Date.parse(since)),
      read,
    );
    return now?.isOpenFor;
  }

  async #read(
    assignee: Promise<number>,
  ): Promise<{ isOpenFor: boolean | undefined; updatedAt: string } | undefined> {
    const [now, assigneeId] = await Promise.all([this.now(), assignee]);
    if (now.state === "unseen") return undefined;
    if (now.state === "deleted") return { isOpenFor: false, updatedAt: "9999" };
    const { data } = now;
    const isAssigned = data.assignees?.some(({ id }) => Number(id) === assigneeId) ?? false;
    const isOpenFor = data.state === "open" && isAssigned && now.state === "there";
    return { isOpenFor, updatedAt: data.updated_at };
  }

  /** The issue as GitHub shows it right now. */
  async now(): Promise<IssueNow> {
    try {
      const { data, url } = await this.#octokit.rest.issues.get(this.#issue);
      // For a transferred issue, GitHub answers with the new one; for an issue in a renamed repository, with the issue
      // itself.
      const [, redirectedTo] = /\/repositories\/(\d+)\//.exec(url) ?? [];
      const isSame =
        !data.html_url ||
        data.html_url.toLowerCase() === this.#url.toLowerCase() ||
        (redirectedTo !== undefined && Number(redirectedTo) === this.#repositoryId);
      return { state: isSame ? "there" : "transferred", data };
    } catch (error) {
      if (isRefusal(error, 410)) return { state: "deleted" };
      if (isRefusal(error, 404)) return { state: "unseen" };
      throw error;
    }
  }

  /**
   * The id of this App's newest comment that begins with `marker`. Pages are read in parallel, starting from the last.
   * `count` is the minimum number of comments, if known; it saves a request to find the last page.
   */
  async findOwnComment(marker: string, appId: string, count = 0): Promise<number | undefined> {
    const authorship = new Authorship(this.#octokit, appId);
    const lastPage = Math.max(1, Math.ceil(count / perPage));
    for (let page = lastPage; page > 0; page -= pagesAtOnce) {
      const batch = Array.from({ length: Math.min(page, pagesAtOnce) }, (_, index) => page - index);
      const pages = await Promise.all(batch.map((number) => this.#readPage(number)));
      const actualLast = lastPageOf(pages[0]?.link);
      if (actualLast > lastPage) return this.findOwnComment(marker, appId, actualLast * perPage);
      for (const comment of pages.flatMap(({ text }) => commentsWith(marker, text).toReversed())) {
        if (comment.body?.startsWith(marker) && (await authorship.isOurs(comment))) return comment.id;
      }
    }
    return undefined;
  }

  /** A page of comments as JSON, not parsed yet. */
  async #readPage(page: number): Promise<{ text: string; link: string | undefined }> {
    const { data, headers } = await this.#octokit.request(
      "GET /repos/{owner}/{repo}/issues/{issue_number}/comments",
      { ...this.#issue, per_page: perPage, page, request: { parseSuccessResponseBody: false } },
    );
    const body: unknown = data;
    const text = await new Response(body as ReadableStream).text().catch(() => {
      throw new TransientError("GitHub broke off its list of an issue's comments. It is retried.");
    });
    return { text, link: headers.link };
  }

  async createComment(body: string): Promise<number> {
    const { data, status, url } = await this.#octokit.rest.issues.createComment({
      ...this.#issue,
      body: cutToLimit(body, limits.gitHub.body),
    });
    // The issue was transferred. The redirect turned the POST into a GET, so the answer isn't ours.
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

/** The comments of a page. If the page can't contain the marker, returns none and saves the time to parse it. */
function commentsWith(marker: string, page: string): IssueComment[] {
  // JSON may escape the angle brackets of a marker, but not these characters.
  const [plain = marker] = /[\w: -]+/.exec(marker) ?? [];
  return page.includes(plain) ? JSON.parse(page) : [];
}

/** The number of the last page from the `Link` header of an answer; 0 if that was the last one. */
function lastPageOf(link: string | undefined): number {
  return Number(/[?&]page=(\d+)[^>]*>; rel="last"/.exec(link ?? "")?.[1] ?? 0);
}
