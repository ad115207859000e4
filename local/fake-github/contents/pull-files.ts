import type { HttpRequest } from "../../http/http-server.js";
import { headSha, type Pull } from "../pulls/pull.js";
import type { Pulls } from "../pulls/pulls.js";
import { htmlUrl } from "../repositories/repository.js";
import type { Json, Rest } from "../rest/rest.js";
import type { Contents, FileChange } from "./contents.js";

/** The maximum number of files that GitHub lists. https://docs.github.com/rest/pulls/pulls#list-pull-requests-files */
const MAX_FILES = 3000;

/** The files that pull requests change. */
export class PullFiles {
  constructor(
    readonly pulls: Pulls,
    readonly contents: Contents,
  ) {
    pulls.shown.changedFiles = (pull) => this.#changes(pull).length;
  }

  routes(rest: Rest): void {
    rest.get("/repos/:owner/:repo/pulls/:number/files", (request) => this.#list(rest, request));
  }

  #changes(pull: Pull): FileChange[] {
    return this.contents.changes(pull.repo, pull.base, headSha(pull));
  }

  #list(rest: Rest, request: HttpRequest) {
    const pull = this.pulls.of(request);
    const changes = this.#changes(pull).slice(0, MAX_FILES);
    const toJson = ({ filename, status }: FileChange): Json => ({
      filename,
      status,
      additions: 1,
      deletions: 0,
      changes: 1,
      blob_url: `${htmlUrl(pull.headRepo)}/blob/${headSha(pull)}/${filename}`,
    });
    return rest.page(request, changes, toJson);
  }
}
