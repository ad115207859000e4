import type { Repositories } from "../repositories/repositories.js";
import { fullName, type User } from "../repositories/repository.js";
import { body, GitHubError, type Rest } from "../rest/rest.js";
import type { Pull } from "./pull.js";
import type { Pulls } from "./pulls.js";

/** Requests of the App for reviews. https://docs.github.com/rest/pulls/review-requests */
export class ReviewRequests {
  readonly #requested: { pull: Pull; reviewer: User }[] = [];

  constructor(
    readonly pulls: Pulls,
    readonly repositories: Repositories,
  ) {}

  /** The logins of those whose review is requested, once for each request. */
  of(pull: Pull): string[] {
    return this.#requested.filter((request) => request.pull === pull).map(({ reviewer }) => reviewer.login);
  }

  routes(rest: Rest): void {
    rest.post("/repos/:owner/:repo/pulls/:number/requested_reviewers", (request) => {
      const pull = this.pulls.of(request);
      const { reviewers } = body(request);
      const named = (Array.isArray(reviewers) ? reviewers : []).map((login) =>
        this.#reviewer(pull, String(login)),
      );
      this.#requested.push(...named.map((reviewer) => ({ pull, reviewer })));
      return { status: 201, body: this.pulls.json(pull) };
    });
  }

  /** One bad name fails the whole call. */
  #reviewer(pull: Pull, login: string): User {
    if (login.toLowerCase() === pull.issue.user.login.toLowerCase())
      throw new GitHubError(422, "Review cannot be requested from pull request author.");
    const role = pull.repo.permissions.get(login.toLowerCase());
    if (role) return this.repositories.user(login);
    throw new GitHubError(
      422,
      `Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the ${fullName(pull.repo)} repository.`,
    );
  }
}
