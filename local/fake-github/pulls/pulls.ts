import type { HttpRequest } from "../../http/http-server.js";
import type { Issue, IssueRef, Issues } from "../issues/issues.js";
import { noteEvent } from "../issues/timeline.js";
import type { Happening, Happenings, TellOptions } from "../repositories/happenings.js";
import { type By, tellOptions } from "../repositories/happenings.js";
import type { Repositories } from "../repositories/repositories.js";
import type { Repository } from "../repositories/repository.js";
import { type Json, notFound, param } from "../rest/rest.js";
import type { Delivery, Told } from "../webhooks/deliveries.js";
import { headSha, mergeable, type NewPull, newSha, type Pull } from "./pull.js";
import type { PullJson } from "./pull-json.js";

/** https://docs.github.com/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue */
const CLOSING = /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+([\w.-]+\/[\w.-]+)?#(\d+)\b/gi;

export class Pulls {
  readonly #pulls: Pull[] = [];

  constructor(
    readonly issues: Issues,
    readonly repositories: Repositories,
    readonly happenings: Happenings,
    readonly shown: PullJson,
  ) {}

  get({ repo, number }: IssueRef): Pull {
    const repository = this.repositories.get(repo);
    const found = this.#pulls.find((pull) => pull.repo === repository && pull.number === number);
    if (!found) throw notFound();
    return found;
  }

  /** The pull requests of a repository, the newest first. */
  listOf(repo: Repository): Pull[] {
    return this.#pulls.filter((pull) => pull.repo === repo).reverse();
  }

  openOf(repo: Repository): Pull[] {
    return this.listOf(repo).filter(({ issue }) => issue.state === "open");
  }

  /** `undefined` if there is none. */
  byId(id: number): Pull | undefined {
    return this.#pulls.find((pull) => pull.id === id);
  }

  /** The open pull requests from a branch; GitHub omits those from forks in a workflow run. */
  fromBranch(repo: Repository, branch: string): Pull[] {
    return this.#pulls.filter(
      (pull) =>
        pull.repo === repo &&
        pull.headRepo === repo &&
        pull.headBranch === branch &&
        pull.issue.state === "open",
    );
  }

  /** The open pull requests whose newest commit is `sha`. */
  withHead(repo: Repository, sha: string): Pull[] {
    return this.#pulls.filter(
      (pull) => pull.repo === repo && headSha(pull) === sha && pull.issue.state === "open",
    );
  }

  /** All pull requests from a branch. */
  ofHead(repo: Repository, branch: string | undefined): Pull[] {
    return this.#pulls.filter((pull) => pull.headRepo === repo && pull.headBranch === branch);
  }

  async open(input: NewPull): Promise<Told<{ pull: Pull }>> {
    const repo = this.repositories.get(input.repo);
    const head = typeof input.head === "string" ? { repo, branch: input.head } : input.head;
    const title = input.title ?? head.branch;
    const issue = this.issues.add({ repo, by: input.by, title, body: input.body ?? null }, { isPull: true });
    const headRepo = this.repositories.get(head.repo);
    const pull: Pull = {
      repo,
      number: issue.number,
      id: this.repositories.nextId(),
      issue,
      headRepo,
      headBranch: head.branch,
      base: input.base ?? repo.defaultBranch,
      baseSha: newSha(),
      shas: [input.headSha ?? newSha()],
      pushers: [issue.user],
      draft: input.draft ?? false,
      reviewers: [],
      maintainerCanModify: headRepo !== repo && (input.maintainerCanModify ?? true),
      linked: (input.closes ?? []).map((one) => ({
        ...(typeof one === "number" ? { repo, number: one } : one),
        by: issue.user,
      })),
      editors: [],
      mergedAt: null,
      hasConflict: false,
      mergeability: "unknown",
    };
    this.#pulls.push(pull);
    return this.#tell(pull, "opened", input.by, tellOptions(input.deliver));
  }

  async push(ref: IssueRef, { by, sha = newSha(), deliver }: By & { sha?: string }) {
    const pull = this.get(ref);
    const before = headSha(pull);
    pull.shas.push(sha);
    pull.mergeability = "unknown";
    pull.pushers.push(this.repositories.user(by));
    this.issues.change(pull.issue, {});
    return this.#tell(pull, "synchronize", by, tellOptions(deliver), { before, after: sha });
  }

  /** Called after a push to a base branch: GitHub must compute again whether pull requests into it can be merged. */
  baseMoves(repo: Repository, base: string): void {
    for (const pull of this.#pulls) {
      if (pull.repo === repo && pull.base === base) pull.mergeability = "unknown";
    }
  }

  /**
   * Whether it can be merged; `null` while that is being computed. The first call starts the computation, a later one gets
   * the result.
   */
  look(pull: Pull): boolean | null {
    pull.mergeability = pull.mergeability === "unknown" ? "computing" : "known";
    return mergeable(pull);
  }

  /** Edits the text, as anyone with write permission may. */
  async edit(ref: IssueRef, { by, body, deliver }: By & { body: string }) {
    const pull = this.get(ref);
    const changes = this.issues.applyEdit(pull.issue, { body });
    if (pull.editors.length === 0) pull.editors.push(pull.issue.user);
    pull.editors.push(this.repositories.user(by));
    return this.#tell(pull, "edited", by, tellOptions(deliver), { changes });
  }

  /**
   * A branch is renamed, and with it the base of the open pull requests into it. GitHub's documentation names no webhook that
   * reports it: none is sent.
   */
  renameBase(repo: Repository, from: string, to: string): void {
    const moved = this.openOf(repo).filter(({ base }) => base === from);
    for (const pull of moved) Object.assign(pull, { base: to, mergeability: "unknown" });
  }

  /** Links an issue by hand, in the sidebar. No webhook reports it. */
  link(ref: IssueRef, { by, issue }: { by: string; issue: IssueRef }): void {
    const { repo, number } = issue;
    this.get(ref).linked.push({ repo, number, by: this.repositories.user(by) });
  }

  async reopen(ref: IssueRef, { by, deliver }: By) {
    const pull = this.get(ref);
    if (pull.mergedAt !== null) throw new Error("GitHub does not reopen a merged pull request");
    this.issues.setState(pull.issue, "open", "reopened");
    noteEvent(this.repositories, pull.issue.timeline, { type: "ReopenedEvent", by });
    pull.mergeability = "unknown";
    return this.#tell(pull, "reopened", by, tellOptions(deliver));
  }

  async setDraft(ref: IssueRef, { by, draft, deliver }: By & { draft: boolean }) {
    const pull = this.get(ref);
    pull.draft = draft;
    this.issues.change(pull.issue, {});
    return this.#tell(pull, draft ? "converted_to_draft" : "ready_for_review", by, tellOptions(deliver));
  }

  /** Closes the pull request; merging it into the default branch also closes its linked issues. */
  async close(
    ref: IssueRef,
    { by, merged = false, mergeSha, deliver }: By & { merged?: boolean; mergeSha?: string },
  ): Promise<Delivery[]> {
    const pull = this.get(ref);
    this.issues.setState(pull.issue, "closed", null);
    if (merged) pull.mergedAt = pull.issue.closedAt;
    if (mergeSha !== undefined) pull.mergeSha = mergeSha;
    const deliveries: Delivery[] = [await this.#tell(pull, "closed", by, tellOptions(deliver))];
    const isDone = merged && pull.base === pull.repo.defaultBranch;
    for (const issue of isDone ? this.closing(pull) : []) {
      if (issue.state === "open") {
        deliveries.push(await this.issues.close(issue, { by, ...tellOptions(deliver) }));
      }
    }
    return deliveries;
  }

  /** The issues that the pull request closes. Its body counts only if its base is the default branch. */
  closing(pull: Pull): Issue[] {
    const named: IssueRef[] = [];
    for (const [, repo, number] of (pull.issue.body ?? "").matchAll(CLOSING)) {
      named.push({ repo: repo ?? pull.repo, number: Number(number) });
    }
    const refs = pull.base === pull.repo.defaultBranch ? [...pull.linked, ...named] : pull.linked;
    const issues = refs.flatMap((ref) => {
      try {
        return [this.issues.get(ref)];
      } catch {
        return [];
      }
    });
    return [...new Set(issues)].filter((issue) => !issue.isPull);
  }

  /** A webhook about the pull request that changes nothing of it. */
  tell(pull: Pull, action: string, by: string, more: Json) {
    return this.#tell(pull, action, by, {}, more);
  }

  #tell(pull: Pull, action: string, by: string, options: TellOptions, more: Json = {}) {
    return this.happenings.tell(this.happening(pull, action, by, more), { pull }, options);
  }

  happening(pull: Pull, action: string, by: string, more: Json): Happening {
    const fields = {
      number: pull.number,
      pull_request: this.shown.json(pull),
      assignee: undefined,
      requested_reviewer: undefined,
      ...more,
    };
    return { event: "pull_request", action, repository: pull.repo, by, fields };
  }

  /** The pull request that the request's path names. */
  of(request: HttpRequest): Pull {
    return this.get({ repo: this.repositories.of(request), number: Number(param(request, "number")) });
  }
}
