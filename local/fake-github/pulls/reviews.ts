import type { HttpRequest } from "../../http/http-server.js";
import type { IssueRef } from "../issues/issues.js";
import { type Reaction, react, reactionCounts } from "../issues/reactions.js";
import { checkUnlocked } from "../issues/refusals.js";
import { updatedSince } from "../issues/updated-since.js";
import type { Happening, Happenings } from "../repositories/happenings.js";
import { type By, tellOptions } from "../repositories/happenings.js";
import type { Repositories } from "../repositories/repositories.js";
import { fullName, htmlUrl, nodeId, type Repository, type User } from "../repositories/repository.js";
import { asObject, example, fromExample } from "../rest/examples.js";
import { body, type Json, notFound, param, type Rest } from "../rest/rest.js";
import type { Delivery, Told } from "../webhooks/deliveries.js";
import { headSha, type Pull } from "./pull.js";
import type { Pulls } from "./pulls.js";

export interface Review {
  readonly id: number;
  readonly pull: Pull;
  readonly user: User;
  readonly state: "approved" | "changes_requested" | "commented";
  readonly commitId: string;
  readonly submittedAt: string;
  body: string;
  updatedAt: string;
}

/** A comment on lines of the diff. */
export interface ReviewComment {
  readonly id: number;
  readonly pull: Pull;
  readonly review: Review;
  readonly user: User;
  readonly place: CommentPlace;
  readonly createdAt: string;
  readonly reactions: Reaction[];
  body: string;
  updatedAt: string;
  /** Who edited it last. */
  editor?: User;
}

interface CommentPlace {
  path: string;
  line: number;
  /** The first of several lines. */
  startLine?: number;
  /** `LEFT` is the old version of the file. Default: `RIGHT`. */
  side?: "LEFT" | "RIGHT";
  startSide?: "LEFT" | "RIGHT";
  /** Whether the lines are missing from the newest diff. */
  outdated?: boolean;
  diffHunk?: string;
  /** The comment that this one replies to. */
  inReplyTo?: ReviewComment;
}

export interface NewReview extends By {
  state: Review["state"];
  body?: string;
  comments?: (CommentPlace & { body: string })[];
}

export class Reviews {
  readonly #reviews: Review[] = [];
  readonly #comments: ReviewComment[] = [];

  constructor(
    readonly pulls: Pulls,
    readonly repositories: Repositories,
    readonly happenings: Happenings,
    readonly bot: User,
  ) {}

  /** One webhook for the review and one for each of its comments, as GitHub sends them: n + 1. */
  async submit(
    ref: IssueRef,
    { by, state, body = "", comments = [], deliver }: NewReview,
  ): Promise<[Told<{ review: Review }>, ...Told<{ comment: ReviewComment }>[]]> {
    const pull = this.pulls.get(ref);
    const user = this.repositories.user(by);
    const now = this.repositories.timestamp();
    const id = this.repositories.nextId();
    const commitId = headSha(pull);
    const review: Review = { id, pull, user, state, commitId, submittedAt: now, body, updatedAt: now };
    this.#reviews.push(review);
    pull.reviewers = pull.reviewers.filter((one) => one !== user);
    const made = comments.map(({ body, ...place }): ReviewComment => {
      const id = this.repositories.nextId();
      return { id, pull, review, user, place, createdAt: now, reactions: [], body, updatedAt: now };
    });
    this.#comments.push(...made);
    const options = tellOptions(deliver);
    const first = await this.happenings.tell(this.#ofReview(review, "submitted", by), { review }, options);
    const others: Told<{ comment: ReviewComment }>[] = [];
    for (const comment of made) {
      others.push(await this.happenings.tell(this.#happening(comment, "created", by), { comment }, options));
    }
    return [first, ...others];
  }

  /** GitHub changes `updated_at` with the text, but not `submitted_at`. */
  async edit(review: Review, { by, body, deliver }: By & { body: string }): Promise<Delivery> {
    const changes = { body: { from: review.body } };
    Object.assign(review, { body, updatedAt: this.repositories.timestamp() });
    return this.happenings.tell(
      this.#ofReview(review, "edited", by, { changes }),
      { review },
      tellOptions(deliver),
    );
  }

  async editComment(comment: ReviewComment, { by, body, deliver }: By & { body: string }): Promise<Delivery> {
    const changes = { body: { from: comment.body } };
    const editor = this.repositories.user(by);
    Object.assign(comment, { body, editor, updatedAt: this.repositories.timestamp() });
    const happening = this.#happening(comment, "edited", by, { changes });
    return this.happenings.tell(happening, { comment }, tellOptions(deliver));
  }

  async deleteComment(comment: ReviewComment, { by, deliver }: By): Promise<Delivery> {
    this.#comments.splice(this.#comments.indexOf(comment), 1);
    return this.happenings.tell(this.#happening(comment, "deleted", by), { comment }, tellOptions(deliver));
  }

  #ofReview(review: Review, action: string, by: string, more: Json = {}): Happening {
    const pull_request = pullOfReview(this.pulls.shown.json(review.pull));
    const fields = { review: this.#json(review, "webhook"), pull_request, ...more };
    return { event: "pull_request_review", action, repository: review.pull.repo, by, fields };
  }

  #happening(comment: ReviewComment, action: string, by: string, more: Json = {}): Happening {
    const pull_request = pullOfReview(this.pulls.shown.json(comment.pull));
    const fields = { comment: this.commentJson(comment), pull_request, ...more };
    return { event: "pull_request_review_comment", action, repository: comment.pull.repo, by, fields };
  }

  /** Unlike webhooks, the API writes a review's state in capitals and an empty body as a string. */
  #json(review: Review, place: "api" | "webhook"): Json {
    const { pull, id } = review;
    const moves = this.repositories.moves(pull.repo, (theirs) => [
      [`${theirs.pull_request_url}`.replace(/^.*(?=\/pulls)/, ""), `/pulls/${pull.number}`],
      [`${theirs.id}`, `${id}`],
    ]);
    const html = `${htmlUrl(pull.repo)}/pull/${pull.number}#pullrequestreview-${id}`;
    const url = this.#pullUrl(pull);
    return fromExample(["pull_request_review", "submitted", "review"], moves, {
      id,
      node_id: nodeId("PullRequestReview", id),
      user: this.repositories.userJson(review.user),
      body: place === "api" ? review.body : review.body || null,
      commit_id: review.commitId,
      submitted_at: review.submittedAt,
      ...(place === "webhook" && { updated_at: review.updatedAt }),
      state: place === "api" ? review.state.toUpperCase() : review.state,
      html_url: html,
      pull_request_url: url,
      author_association: this.repositories.authorAssociation(pull.repo, review.user),
      _links: { html: { href: html }, pull_request: { href: url } },
    });
  }

  #pullUrl({ repo, number }: Pull): string {
    return `${this.repositories.apiUrl()}/repos/${fullName(repo)}/pulls/${number}`;
  }

  commentJson(comment: ReviewComment): Json {
    const { pull, id, place, review } = comment;
    const { path, line, startLine, side = "RIGHT", startSide = side, outdated = false, inReplyTo } = place;
    const url = `${this.repositories.apiUrl()}/repos/${fullName(pull.repo)}/pulls/comments/${id}`;
    const html = `${htmlUrl(pull.repo)}/pull/${pull.number}#discussion_r${id}`;
    const of = this.#pullUrl(pull);
    const moves = this.repositories.moves(pull.repo);
    return fromExample(["pull_request_review_comment", "created", "comment"], moves, {
      id,
      node_id: nodeId("PullRequestReviewComment", id),
      pull_request_review_id: review.id,
      url,
      html_url: html,
      pull_request_url: of,
      _links: { self: { href: url }, html: { href: html }, pull_request: { href: of } },
      diff_hunk: place.diffHunk ?? `@@ -${line},1 +${line},1 @@\n-before\n+after`,
      path,
      line: outdated ? null : line,
      original_line: line,
      start_line: outdated ? null : (startLine ?? null),
      original_start_line: startLine ?? null,
      side,
      start_side: startLine === undefined ? null : startSide,
      subject_type: "line",
      commit_id: headSha(pull),
      original_commit_id: review.commitId,
      user: this.repositories.userJson(comment.user),
      body: comment.body,
      created_at: comment.createdAt,
      updated_at: comment.updatedAt,
      author_association: this.repositories.authorAssociation(pull.repo, comment.user),
      reactions: reactionCounts(comment.reactions, url),
      ...(inReplyTo === undefined ? {} : { in_reply_to_id: inReplyTo.id }),
    });
  }

  /** https://docs.github.com/rest/pulls/reviews and https://docs.github.com/rest/pulls/comments */
  routes(rest: Rest): void {
    const one = "/repos/:owner/:repo/pulls/:number";
    const comment = "/repos/:owner/:repo/pulls/comments/:id";
    const toComment = (made: ReviewComment) => this.commentJson(made);
    rest.get("/repos/:owner/:repo/pulls/comments", (request) => {
      const repo: Repository = this.repositories.of(request);
      const all = this.#comments.filter(({ pull }) => pull.repo === repo);
      return rest.page(request, updatedSince(request, all), toComment);
    });
    rest.get(`${one}/reviews/:id`, (request) => {
      return { status: 200, body: this.#json(this.#review(request), "api") };
    });
    rest.get(`${one}/reviews/:id/comments`, (request) => {
      const review = this.#review(request);
      return rest.page(
        request,
        this.#comments.filter((made) => made.review === review),
        toComment,
      );
    });
    rest.get(`${one}/comments`, (request) => {
      const pull = this.pulls.of(request);
      return rest.page(
        request,
        this.#comments.filter((made) => made.pull === pull),
        toComment,
      );
    });
    rest.get(comment, (request) => ({ status: 200, body: toComment(this.#comment(request)) }));
    rest.post(`${comment}/reactions`, (request) => {
      const { pull, reactions } = this.#comment(request);
      checkUnlocked(pull.issue, "create reaction");
      return react(this.repositories, reactions, this.bot, body(request).content);
    });
  }

  /** The reviews of a pull request, the oldest first. */
  of(pull: Pull): Review[] {
    return this.#reviews.filter((review) => review.pull === pull);
  }

  /** `undefined` if there is none. */
  byId(id: number): Review | undefined {
    return this.#reviews.find((review) => review.id === id);
  }

  /** A comment on lines; `undefined` if there is none. */
  commentById(id: number): ReviewComment | undefined {
    return this.#comments.find((comment) => comment.id === id);
  }

  #review(request: HttpRequest): Review {
    const pull = this.pulls.of(request);
    const found = this.#reviews.find((one) => one.pull === pull && `${one.id}` === param(request, "id"));
    if (!found) throw notFound();
    return found;
  }

  #comment(request: HttpRequest): ReviewComment {
    const repo: Repository = this.repositories.of(request);
    const found = this.#comments.find(
      (one) => one.pull.repo === repo && `${one.id}` === param(request, "id"),
    );
    if (!found) throw notFound();
    return found;
  }
}

/** Webhooks about reviews have fewer fields of the pull request than the API (no `merged`, for example). */
function pullOfReview(pull: Json): Json {
  const shown = asObject(example("pull_request_review", "submitted").pull_request);
  return Object.fromEntries(Object.entries(pull).filter(([key]) => key in shown));
}
