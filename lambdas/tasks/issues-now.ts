import type { Octokit } from "@octokit/rest";
import type { RepositoryName } from "../github/contents.js";
import type { TaskKey, TaskRecord } from "../model/record.js";
import { isWantedNow } from "./issue-now.js";

/** How many issues GitHub is asked about for one event. Each costs a request. */
const mostAsked = 3;

/** Work that an event may be for, and the name of its repository. */
export interface Candidate extends TaskKey {
  repository: RepositoryName;
}

/**
 * Asks GitHub whether issues want a task now, although their records say that they don't, or are missing: the current event
 * may have overtaken their assignment. GitHub is asked only once about each issue.
 */
export class IssuesNow {
  readonly #answers = new Map<string, Promise<boolean | undefined>>();

  constructor(private readonly octokit: Octokit) {}

  /** `false` for work other than an issue, and for issues beyond the limit. `pages` is the origin of GitHub's pages. */
  async want(candidate: Candidate, record: TaskRecord | undefined, pages: string): Promise<boolean> {
    const { repositoryId, work } = candidate;
    if (!/^\d+$/.test(work)) return false;
    const id = `${repositoryId}#${work}`;
    const known = this.#answers.get(id);
    if (!known && this.#answers.size === mostAsked) return false;
    const answer = known ?? this.#ask(candidate, record, pages);
    this.#answers.set(id, answer);
    return (await answer) === true;
  }

  #ask(
    { repositoryId, work, repository: { owner, name } }: Candidate,
    record: TaskRecord | undefined,
    pages: string,
  ): Promise<boolean | undefined> {
    const { source, intentAt } = record ?? {};
    if (source && "issue" in source) return isWantedNow(this.octokit, source, intentAt);
    const url = `${pages}/${owner}/${name}/issues/${work}`;
    const issue = { repository: { id: repositoryId, owner, name }, issue: { number: Number(work), url } };
    return isWantedNow(this.octokit, issue);
  }
}
