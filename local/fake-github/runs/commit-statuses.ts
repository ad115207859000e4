import type { Contents } from "../contents/contents.js";
import type { Pulls } from "../pulls/pulls.js";
import { type By, type Happenings, tellOptions } from "../repositories/happenings.js";
import type { Repositories } from "../repositories/repositories.js";
import { fullName, type Repository, type RepositoryRef } from "../repositories/repository.js";
import { type Json, param, type Rest } from "../rest/rest.js";
import type { Told } from "../webhooks/deliveries.js";

export interface NewStatus extends By {
  repo: RepositoryRef;
  sha: string;
  context: string;
  state: "pending" | "success" | "failure" | "error";
  description?: string;
  targetUrl?: string;
}

interface Status extends Omit<NewStatus, keyof By | "repo"> {
  id: number;
  repo: Repository;
  at: string;
}

/** Statuses of commits. https://docs.github.com/rest/commits/statuses */
export class CommitStatuses {
  readonly #all: Status[] = [];

  constructor(
    readonly pulls: Pulls,
    readonly contents: Contents,
    readonly repositories: Repositories,
    readonly happenings: Happenings,
  ) {}

  async report({ by, deliver, ...input }: NewStatus): Promise<Told<{ status: undefined }>> {
    const repo = this.repositories.get(input.repo);
    const status = { ...input, repo, id: this.repositories.nextId(), at: this.repositories.timestamp() };
    this.#all.push(status);
    const inRepo = this.pulls.withHead(repo, status.sha).filter(({ headRepo }) => headRepo === repo);
    const others = this.contents.branchesAt(repo, status.sha);
    const commit = { sha: status.sha };
    const fields = {
      ...this.#json(status),
      name: fullName(repo),
      sha: status.sha,
      commit,
      branches: [...new Set([...inRepo.map(({ headBranch }) => headBranch), ...others])].map((name) => {
        return { name, commit, protected: false };
      }),
    };
    const told = { event: "status", repository: repo, by, fields };
    return this.happenings.tell(told, { status: undefined }, tellOptions(deliver));
  }

  #json({ id, context, state, description, targetUrl, at }: Status): Json {
    // Statuses write the time zone as an offset, all other answers as `Z`.
    const time = at.replace("Z", "+00:00");
    const text = { context, state, description: description ?? null, target_url: targetUrl ?? null };
    return { id, ...text, created_at: time, updated_at: time };
  }

  /** The latest status of each context. */
  ofCommit(repo: Repository, sha: string): Status[] {
    const newest = this.#all.filter((status) => status.repo === repo && status.sha === sha).reverse();
    return newest.filter(({ context }, i) => newest.findIndex((other) => other.context === context) === i);
  }

  routes(rest: Rest): void {
    rest.get("/repos/:owner/:repo/commits/:ref/status", (request) => {
      const repo = this.repositories.of(request);
      const sha = param(request, "ref");
      const latest = this.ofCommit(repo, sha);
      const page = rest.page(request, latest, (status) => this.#json(status), "statuses");
      const failed = latest.some(({ state }) => state === "failure" || state === "error");
      // It is also pending if there are no statuses.
      const passed = latest.length > 0 && latest.every(({ state }) => state === "success");
      const state = failed ? "failure" : passed ? "success" : "pending";
      const url = `${this.repositories.apiUrl()}/repos/${fullName(repo)}/commits/${sha}/status`;
      return { ...page, body: { ...(page.body as Json), state, sha, url } };
    });
  }
}
