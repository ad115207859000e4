import type { HttpRequest } from "../../http/http-server.js";
import type { Repositories } from "../repositories/repositories.js";
import { type Json, param, type Rest } from "../rest/rest.js";
import type { Pull } from "./pull.js";
import type { Pulls } from "./pulls.js";

/** The REST API of pull requests. */
export class PullsApi {
  constructor(
    readonly pulls: Pulls,
    readonly repositories: Repositories,
  ) {}

  /** https://docs.github.com/rest/pulls/pulls */
  routes(rest: Rest): void {
    rest.get("/repos/:owner/:repo/pulls", (request) =>
      rest.page(request, this.#list(request), (pull) => this.#listed(pull)),
    );
    rest.get("/repos/:owner/:repo/pulls/:number", (request) => {
      const pull = this.pulls.of(request);
      this.pulls.look(pull);
      return { status: 200, body: this.pulls.shown.json(pull) };
    });
    rest.get("/repos/:owner/:repo/commits/:sha/pulls", (request) => {
      const repo = this.repositories.of(request);
      const sha = param(request, "sha");
      // For a commit that is only in a fork, GitHub lists none (google/go-github#2241).
      const known = this.pulls.listOf(repo).filter(({ headRepo }) => headRepo === repo);
      const found = known.filter((pull) => pull.shas.includes(sha) || pull.mergeSha === sha);
      return rest.page(request, found, (pull) => this.#listed(pull));
    });
  }

  #list(request: HttpRequest): Pull[] {
    const repo = this.repositories.of(request);
    const state = request.query.get("state") ?? "open";
    const head = request.query.get("head");
    const base = request.query.get("base");
    return (
      this.pulls
        .listOf(repo)
        .filter((pull) => state === "all" || pull.issue.state === state)
        .filter((pull) => base === null || pull.base === base)
        // A `head` without `owner:` is ignored by GitHub.
        .filter((pull) => !head?.includes(":") || head === `${pull.headRepo.owner.login}:${pull.headBranch}`)
    );
  }

  /** A pull request without the fields that lists leave out. */
  #listed(pull: Pull): Json {
    const { mergeable, mergeable_state, merged, rebaseable, maintainer_can_modify, ...listed } =
      this.pulls.shown.json(pull);
    return listed;
  }
}
