import type { Issues } from "../issues/issues.js";
import type { Repositories } from "../repositories/repositories.js";
import { fullName, htmlUrl, nodeId, type Repository } from "../repositories/repository.js";
import { asObject, fromExample } from "../rest/examples.js";
import type { Json } from "../rest/rest.js";
import { headSha, mergeable, type Pull } from "./pull.js";

/** Pull requests in GitHub's JSON. */
export class PullJson {
  constructor(
    readonly issues: Issues,
    readonly repositories: Repositories,
  ) {}

  /** Returns how many files a pull request changes. The store of files sets it. */
  changedFiles: (pull: Pull) => number = () => 0;

  /** A pull request as webhooks and the API show it. */
  json(pull: Pull): Json {
    const { issue, repo, number } = pull;
    const moves = this.repositories.moves(repo, (theirs) => [
      [`/pulls/${theirs.number}`, `/pulls/${number}`],
      [`/pull/${theirs.number}`, `/pull/${number}`],
      [`/issues/${theirs.number}`, `/issues/${number}`],
      [`${asObject(theirs.head).sha}`, headSha(pull)],
    ]);
    const { title, body, state, locked, user, assignee, assignees, labels, milestone, ...rest } =
      this.issues.json(issue);
    const asIssue = { title, body, state, locked, user, assignee, assignees, labels, milestone };
    return fromExample(["pull_request", "opened", "pull_request"], moves, {
      ...asIssue,
      created_at: rest.created_at,
      updated_at: rest.updated_at,
      closed_at: rest.closed_at,
      author_association: rest.author_association,
      id: pull.id,
      node_id: nodeId("PullRequest", pull.id),
      number,
      html_url: `${htmlUrl(repo)}/pull/${number}`,
      requested_reviewers: pull.reviewers.map((user) => this.repositories.userJson(user)),
      requested_teams: [],
      head: this.#side(pull.headRepo, pull.headBranch, headSha(pull)),
      base: this.#side(repo, pull.base, pull.baseSha),
      draft: pull.draft,
      merged: pull.mergedAt !== null,
      merged_at: pull.mergedAt,
      merge_commit_sha: pull.mergeSha ?? null,
      maintainer_can_modify: pull.maintainerCanModify,
      mergeable: mergeable(pull),
      mergeable_state: pull.mergeability !== "known" ? "unknown" : pull.hasConflict ? "dirty" : "clean",
      comments: issue.commentCount,
      commits: pull.shas.length,
      changed_files: this.changedFiles(pull),
    });
  }

  #side(repo: Repository, ref: string, sha: string): Json {
    const { owner } = repo;
    const user = this.repositories.userJson(owner);
    return { label: `${owner.login}:${ref}`, ref, sha, user, repo: this.repositories.json(repo) };
  }

  /** The short form of a pull request in a workflow run or check run. */
  brief(pull: Pull): Json {
    const api = (repo: Repository) => `${this.repositories.apiUrl()}/repos/${fullName(repo)}`;
    const repoJson = (repo: Repository) => ({ id: repo.id, url: api(repo), name: repo.name });
    return {
      id: pull.id,
      number: pull.number,
      url: `${api(pull.repo)}/pulls/${pull.number}`,
      head: { ref: pull.headBranch, sha: headSha(pull), repo: repoJson(pull.headRepo) },
      base: { ref: pull.base, sha: pull.baseSha, repo: repoJson(pull.repo) },
    };
  }
}
