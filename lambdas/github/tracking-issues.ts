import type { Octokit } from "@octokit/rest";
import { isRefusal } from "../model/errors.js";
import type { TaskKey } from "../model/record.js";
import { oneLine } from "../text/clean.js";
import { cutToLimit, limits } from "../text/limits.js";
import { Authorship } from "./authorship.js";

const perPage = 100;

/** The label of the App's own issues. GitHub creates it with the first issue. */
const label = "coder-task-relay";

/** The issue in which the App reports on work that has no issue. */
export class TrackingIssueClient {
  readonly #repository: { owner: string; repo: string };
  readonly #mark: string;

  constructor(
    private readonly octokit: Octokit,
    repository: { owner: string; name: string },
    { repositoryId, work }: TaskKey,
  ) {
    this.#repository = { owner: repository.owner, repo: repository.name };
    this.#mark = `<!-- coder-task-relay:work ${repositoryId} ${encodeURIComponent(work)} -->`;
  }

  /** Returns the number of the new issue. */
  async open(title: string, text: string): Promise<number> {
    const { data } = await this.octokit.rest.issues.create({
      ...this.#repository,
      title: oneLine(title, limits.gitHub.issueTitle),
      body: this.#marked(text),
      labels: [label],
    });
    return data.number;
  }

  /** Replaces the text, and opens or closes the issue; `false` if it is gone. */
  async update(number: number, text: string, isOpen: boolean): Promise<boolean> {
    try {
      await this.octokit.rest.issues.update({
        ...this.#repository,
        issue_number: number,
        body: this.#marked(text),
        state: isOpen ? "open" : "closed",
        ...(!isOpen && { state_reason: "completed" }),
      });
      return true;
    } catch (error) {
      if (isRefusal(error, 404, 410)) return false;
      throw error;
    }
  }

  /** The number of the newest issue that the App has opened for this work. */
  async find(appId: string): Promise<number | undefined> {
    const authorship = new Authorship(this.octokit, appId);
    const pages = this.octokit.paginate.iterator(this.octokit.rest.issues.listForRepo, {
      ...this.#repository,
      labels: label,
      state: "all",
      per_page: perPage,
    });
    for await (const { data: issues } of pages) {
      for (const issue of issues) {
        // Check only the start: a quotation in the text may contain the mark of other work.
        const isMarked = issue.body?.startsWith(this.#mark);
        if (isMarked && (await authorship.isOurs(issue))) return issue.number;
      }
    }
    return undefined;
  }

  #marked(text: string): string {
    return cutToLimit(`${this.#mark}\n${text}`, limits.gitHub.body);
  }
}
