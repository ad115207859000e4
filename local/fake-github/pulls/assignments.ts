import type { IssueRef } from "../issues/issues.js";
import { noteEvent } from "../issues/timeline.js";
import { type By, type Happenings, tellOptions } from "../repositories/happenings.js";
import type { Repositories } from "../repositories/repositories.js";
import { fullName, type User } from "../repositories/repository.js";
import { body, GitHubError, type Json, type Rest } from "../rest/rest.js";
import type { Pull } from "./pull.js";
import type { Pulls } from "./pulls.js";

/** The assignees and requested reviewers of pull requests. */
export class PullAssignments {
  constructor(
    readonly pulls: Pulls,
    readonly repositories: Repositories,
    readonly happenings: Happenings,
    readonly bot: User,
  ) {}

  /** GitHub silently ignores people without a role, and assignees beyond the tenth. */
  async assign(ref: IssueRef, { by, assignee, ...options }: By & { assignee: string }) {
    const pull = this.pulls.get(ref);
    const { issue } = pull;
    const user = this.repositories.user(assignee);
    this.pulls.issues.change(issue, { assignees: [...issue.assignees.filter((one) => one !== user), user] });
    noteEvent(this.repositories, issue.timeline, { type: "AssignedEvent", by, assignee: user });
    return this.#tell(pull, "assigned", { by, ...options }, { assignee: this.repositories.userJson(user) });
  }

  async unassign(ref: IssueRef, { by, assignee, ...options }: By & { assignee: string }) {
    const pull = this.pulls.get(ref);
    const { issue } = pull;
    const user = this.repositories.user(assignee);
    this.pulls.issues.change(issue, { assignees: issue.assignees.filter((one) => one !== user) });
    return this.#tell(pull, "unassigned", { by, ...options }, { assignee: this.repositories.userJson(user) });
  }

  /**
   * https://docs.github.com/rest/pulls/review-requests#request-reviewers-for-a-pull-request
   *
   * @throws GitHubError 422 for the author, and for somebody without a role in the repository.
   */
  async requestReview(ref: IssueRef, { by, reviewer, ...options }: By & { reviewer: string }) {
    const pull = this.pulls.get(ref);
    const user = this.#reviewer(pull, reviewer);
    return this.#change(pull, withReviewer(pull, user), "review_requested", { by, user, ...options });
  }

  /** https://docs.github.com/rest/pulls/review-requests: one invalid login fails the whole call. */
  routes(rest: Rest): void {
    rest.post("/repos/:owner/:repo/pulls/:number/requested_reviewers", (request) => {
      const pull = this.pulls.of(request);
      const { reviewers } = body(request);
      const logins = Array.isArray(reviewers) ? reviewers.map(String) : [];
      for (const user of logins.map((login) => this.#reviewer(pull, login))) {
        pull.reviewers = withReviewer(pull, user);
        this.#note(pull, "review_requested", this.bot.login, user);
        const more = { requested_reviewer: this.repositories.userJson(user) };
        this.happenings.tellOfOwn(this.pulls.happening(pull, "review_requested", this.bot.login, more));
      }
      return { status: 201, body: this.pulls.shown.json(pull) };
    });
    rest.delete("/repos/:owner/:repo/pulls/:number/requested_reviewers", (request) => {
      const pull = this.pulls.of(request);
      const { reviewers } = body(request);
      const logins = Array.isArray(reviewers) ? reviewers.map((login) => String(login).toLowerCase()) : [];
      for (const user of pull.reviewers.filter(({ login }) => logins.includes(login.toLowerCase()))) {
        pull.reviewers = pull.reviewers.filter((one) => one !== user);
        const more = { requested_reviewer: this.repositories.userJson(user) };
        this.happenings.tellOfOwn(this.pulls.happening(pull, "review_request_removed", this.bot.login, more));
      }
      return { status: 200, body: this.pulls.shown.json(pull) };
    });
  }

  /** @throws GitHubError 422 */
  #reviewer(pull: Pull, login: string): User {
    const user = this.repositories.user(login);
    if (user === pull.issue.user) {
      throw new GitHubError(422, "Review cannot be requested from pull request author.");
    }
    if (!pull.repo.permissions.has(user.login.toLowerCase())) {
      throw new GitHubError(
        422,
        `Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the ${fullName(pull.repo)} repository.`,
      );
    }
    return user;
  }

  async removeReviewRequest(ref: IssueRef, { by, reviewer, ...options }: By & { reviewer: string }) {
    const pull = this.pulls.get(ref);
    const user = this.repositories.user(reviewer);
    const left = pull.reviewers.filter((one) => one !== user);
    return this.#change(pull, left, "review_request_removed", { by, user, ...options });
  }

  async #change(pull: Pull, reviewers: User[], action: ReviewAction, { user, ...by }: By & { user: User }) {
    pull.reviewers = reviewers;
    this.pulls.issues.change(pull.issue, {});
    this.#note(pull, action, by.by, user);
    return this.#tell(pull, action, by, { requested_reviewer: this.repositories.userJson(user) });
  }

  #note({ issue }: Pull, action: ReviewAction, by: string, reviewer: User): void {
    noteEvent(this.repositories, issue.timeline, { type: reviewEvents[action], by, reviewer });
  }

  #tell(pull: Pull, action: string, { by, deliver }: By, more: Json) {
    const happening = this.pulls.happening(pull, action, by, more);
    return this.happenings.tell(happening, { pull }, tellOptions(deliver));
  }
}

/** Submitting a review ends the request without an entry in the timeline. */
const reviewEvents = {
  review_requested: "ReviewRequestedEvent",
  review_request_removed: "ReviewRequestRemovedEvent",
} as const;

type ReviewAction = keyof typeof reviewEvents;

const withReviewer = ({ reviewers }: Pull, user: User): User[] => [
  ...reviewers.filter((one) => one !== user),
  user,
];
