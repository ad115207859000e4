import type { Repositories } from "../repositories/repositories.js";
import type { Rest } from "../rest/rest.js";
import type { Pull } from "./pull.js";
import type { Pulls } from "./pulls.js";

/** The activity of pull requests' branches: who pushed what. */
export class Activity {
  constructor(
    readonly pulls: Pulls,
    readonly repositories: Repositories,
  ) {}

  /** https://docs.github.com/rest/repos/repos#list-repository-activities */
  routes(rest: Rest): void {
    rest.get("/repos/:owner/:repo/activity", (request) => {
      const repo = this.repositories.of(request);
      const branch = request.query.get("ref")?.replace(/^refs\/heads\//, "");
      const pushes = this.pulls.ofHead(repo, branch).flatMap(pushesTo).reverse();
      return rest.page(request, pushes, ({ by, ...push }) => {
        return { ...push, ref: `refs/heads/${branch}`, actor: this.repositories.userJson(by) };
      });
    });
  }
}

function pushesTo({ shas, pushers, issue }: Pull) {
  return shas.map((after, i) => ({
    before: shas[i - 1] ?? "0".repeat(40),
    after,
    timestamp: issue.updatedAt,
    activity_type: i === 0 ? "branch_creation" : "push",
    by: pushers[i] ?? issue.user,
  }));
}
