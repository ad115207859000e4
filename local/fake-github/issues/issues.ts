import {
  type By,
  type Happening,
  type Happenings,
  type TellOptions,
  tellOptions,
} from "../repositories/happenings.js";
import type { Repositories } from "../repositories/repositories.js";
import {
  htmlUrl,
  nodeId,
  type Repository,
  type RepositoryRef,
  type User,
} from "../repositories/repository.js";
import { fromExample } from "../rest/examples.js";
import { GitHubError, type Json, notFound } from "../rest/rest.js";
import type { Told } from "../webhooks/deliveries.js";
import { issuesDisabled } from "./refusals.js";
import { noteEvent, type TimelineEvent } from "./timeline.js";

/** An issue, or the issue side of a pull request: both share one sequence of numbers. */
export interface Issue {
  readonly repo: Repository;
  readonly number: number;
  readonly id: number;
  readonly user: User;
  readonly isPull: boolean;
  readonly createdAt: string;
  title: string;
  body: string | null;
  state: "open" | "closed";
  stateReason: "completed" | "not_planned" | "reopened" | null;
  assignees: User[];
  labels: string[];
  updatedAt: string;
  closedAt: string | null;
  commentCount: number;
  deleted: boolean;
  locked: boolean;
  transferredTo: Issue | undefined;
  byApp: boolean;
  /** The entries of its timeline, the oldest first. */
  readonly timeline: TimelineEvent[];
}

/** A reference to an issue. An `Issue` or a pull request is one as well. */
export interface IssueRef {
  repo: RepositoryRef;
  number: number;
}

export interface NewIssue {
  repo: RepositoryRef;
  by: string;
  title: string;
  body?: string | null;
  labels?: string[];
}

/** Marks content that an App creates through the API with the App's name. */
export type AppMark = (byApp: boolean) => Json | null;

/** The issues of all repositories, and the actions of users on them. */
export class Issues {
  readonly #issues = new Map<Repository, Issue[]>();

  constructor(
    readonly repositories: Repositories,
    readonly happenings: Happenings,
    readonly appMark: AppMark,
  ) {}

  add(input: NewIssue, { isPull = false, byApp = false } = {}): Issue {
    const repo = this.repositories.get(input.repo);
    const all = this.#issues.get(repo) ?? [];
    const now = this.repositories.timestamp();
    const issue: Issue = {
      repo,
      number: all.length + 1,
      id: this.repositories.nextId(),
      user: this.repositories.user(input.by),
      isPull,
      createdAt: now,
      title: input.title,
      body: input.body ?? null,
      state: "open",
      stateReason: null,
      assignees: [],
      labels: input.labels ?? [],
      updatedAt: now,
      closedAt: null,
      commentCount: 0,
      deleted: false,
      locked: false,
      transferredTo: undefined,
      byApp,
      timeline: [],
    };
    this.#issues.set(repo, [...all, issue]);
    return issue;
  }

  /** The issues and pull requests of a repository, the newest first. */
  list(repo: RepositoryRef): Issue[] {
    const all = this.#issues.get(this.repositories.get(repo)) ?? [];
    return all.filter(({ deleted, transferredTo }) => !deleted && !transferredTo).reverse();
  }

  /** @throws GitHubError 404, 410 for a deleted issue, 301 for a transferred one. */
  get({ repo, number }: IssueRef): Issue {
    const issue = this.#issues.get(this.repositories.get(repo))?.[number - 1];
    if (!issue) throw notFound();
    if (issue.deleted) throw new GitHubError(410, "This issue was deleted");
    if (!issue.repo.hasIssues && !issue.isPull) throw issuesDisabled();
    const moved = issue.transferredTo;
    if (!moved) return issue;
    const url = `${this.repositories.apiUrl()}/repositories/${moved.repo.id}/issues/${moved.number}`;
    throw new GitHubError(301, "Moved Permanently", { url }, { location: url });
  }

  async open({ deliver, ...input }: NewIssue & TellOptions): Promise<Told<{ issue: Issue }>> {
    const issue = this.add(input);
    return this.#tell(issue, "opened", input.by, tellOptions(deliver));
  }

  async assign(ref: IssueRef, { by, assignee, deliver }: By & { assignee: string }) {
    const issue = this.get(ref);
    const user = this.repositories.user(assignee);
    this.change(issue, { assignees: [...issue.assignees.filter((one) => one !== user), user] });
    noteEvent(this.repositories, issue.timeline, { type: "AssignedEvent", by, assignee: user });
    return this.#tell(issue, "assigned", by, tellOptions(deliver), this.#assignee(user));
  }

  async unassign(ref: IssueRef, { by, assignee, deliver }: By & { assignee: string }) {
    const issue = this.get(ref);
    const user = this.repositories.user(assignee);
    this.change(issue, { assignees: issue.assignees.filter((one) => one !== user) });
    return this.#tell(issue, "unassigned", by, tellOptions(deliver), this.#assignee(user));
  }

  async edit(ref: IssueRef, { by, deliver, ...wanted }: By & { title?: string; body?: string }) {
    const issue = this.get(ref);
    const changes = this.applyEdit(issue, wanted);
    return this.#tell(issue, "edited", by, tellOptions(deliver), { changes });
  }

  async close(ref: IssueRef, { by, reason = "completed", deliver }: By & { reason?: Issue["stateReason"] }) {
    const issue = this.get(ref);
    this.setState(issue, "closed", reason);
    return this.#tell(issue, "closed", by, tellOptions(deliver));
  }

  async reopen(ref: IssueRef, { by, deliver }: By) {
    const issue = this.get(ref);
    this.setState(issue, "open", "reopened");
    noteEvent(this.repositories, issue.timeline, { type: "ReopenedEvent", by });
    return this.#tell(issue, "reopened", by, tellOptions(deliver));
  }

  async delete(ref: IssueRef, { by, deliver }: By) {
    const issue = this.get(ref);
    issue.deleted = true;
    return this.#tell(issue, "deleted", by, tellOptions(deliver));
  }

  /** Sends `transferred` for the old repository and `opened` for the new one; `issue` is the new issue. */
  async transfer(ref: IssueRef, { by, to, deliver }: By & { to: RepositoryRef }) {
    const old = this.get(ref);
    const { title, body, labels, user, assignees } = old;
    const issue = this.add({ repo: to, by: user.login, title, body, labels });
    Object.assign(issue, { assignees, commentCount: old.commentCount });
    const before = { old_issue: this.json(old), old_repository: this.repositories.json(old.repo) };
    const after = { new_issue: this.json(issue), new_repository: this.repositories.json(issue.repo) };
    old.transferredTo = issue;
    const options = tellOptions(deliver);
    const transferred = await this.#tell(old, "transferred", by, options, { changes: after });
    const opened = await this.#tell(issue, "opened", by, options, { changes: before });
    return [transferred, opened] as const;
  }

  change(issue: Issue, changed: Partial<Issue>): void {
    Object.assign(issue, { updatedAt: this.repositories.timestamp(), ...changed });
  }

  setState(issue: Issue, state: Issue["state"], stateReason: Issue["stateReason"]): void {
    const closedAt = state === "closed" ? this.repositories.timestamp() : null;
    this.change(issue, { state, stateReason, closedAt });
  }

  /** Edits the issue and returns the `changes` of the `issues.edited` webhook. */
  applyEdit(issue: Issue, { title, body }: { title?: string; body?: string }): Json {
    const changes: Json = {};
    if (title !== undefined && title !== issue.title) changes.title = { from: issue.title };
    if (body !== undefined && body !== issue.body) changes.body = { from: issue.body ?? "" };
    this.change(issue, { title: title ?? issue.title, body: body ?? issue.body });
    return changes;
  }

  #tell(issue: Issue, action: string, by: string, options: TellOptions, more: Json = {}) {
    if (issue.isPull) throw new Error("GitHub reports pull requests with pull_request events: use closePull");
    return this.happenings.tell(this.happening(issue, action, by, more), { issue }, options);
  }

  happening(issue: Issue, action: string, by: string, more: Json = {}): Happening {
    const fields = { issue: this.json(issue), assignee: undefined, ...more };
    return { event: "issues", action, repository: issue.repo, by, fields };
  }

  #assignee(user: User): Json {
    return { assignee: this.repositories.userJson(user) };
  }

  json(issue: Issue): Json {
    const { repo, number } = issue;
    const assignees = issue.assignees.map((user) => this.repositories.userJson(user));
    const moves = this.repositories.moves(repo, (theirs) => [
      [`/issues/${theirs.number}`, `/issues/${number}`],
    ]);
    return fromExample(["issues", "reopened", "issue"], moves, {
      id: issue.id,
      node_id: nodeId("Issue", issue.id),
      number,
      title: issue.title,
      body: issue.body,
      user: this.repositories.userJson(issue.user),
      html_url: `${htmlUrl(repo)}/${issue.isPull ? "pull" : "issues"}/${number}`,
      state: issue.state,
      state_reason: issue.stateReason,
      locked: issue.locked,
      assignee: assignees[0] ?? null,
      assignees,
      labels: issue.labels.map((name) => ({ name, color: "ededed", default: false, description: null })),
      milestone: null,
      comments: issue.commentCount,
      created_at: issue.createdAt,
      updated_at: issue.updatedAt,
      closed_at: issue.closedAt,
      author_association: this.repositories.authorAssociation(repo, issue.user),
      performed_via_github_app: this.appMark(issue.byApp),
      ...(issue.isPull ? { pull_request: this.#pullLinks(issue) } : {}),
    });
  }

  #pullLinks({ repo, number }: Issue): Json {
    const page = `${htmlUrl(repo)}/pull/${number}`;
    const url = `${this.repositories.apiUrl()}/repos/${repo.owner.login}/${repo.name}/pulls/${number}`;
    return { url, html_url: page, diff_url: `${page}.diff`, patch_url: `${page}.patch` };
  }
}
