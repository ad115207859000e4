import type { Octokit } from "@octokit/core";
import type { RepositoryName } from "./contents.js";

const perPage = 100;

/** GitHub lists no more: https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files */
const listedFiles = 3000;

/**
 * Whether a pull request, as it is now, changes a file: adds, edits, removes or renames it. One that changes more
 * files than GitHub lists may do so.
 */
export async function mayChangeFile(
  octokit: Octokit,
  repository: RepositoryName,
  pull: number,
  path: string,
): Promise<boolean> {
  for (let page = 1; page <= listedFiles / perPage; page++) {
    const { data } = await octokit.request("GET /repos/{owner}/{repo}/pulls/{pull_number}/files", {
      owner: repository.owner,
      repo: repository.name,
      pull_number: pull,
      per_page: perPage,
      page,
    });
    if (data.some((file) => file.filename === path || file.previous_filename === path)) return true;
    if (data.length < perPage) return false;
  }
  return true;
}
