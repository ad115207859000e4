import type { Octokit } from "@octokit/rest";
import { isRefusal, TransientError } from "../model/errors.js";
import { filesAtOnce } from "../text/limits.js";
import { findCommit, type RepositoryName } from "./contents.js";

/** A limit, because a stranger's pull request must not cost a request for every hundred files. */
const mostPages = 2;

/**
 * Whether a pull request in its current state changes a file, that is, adds, edits, removes or renames it. Also `true` if
 * it changes more files than we read, or if GitHub can't list them (422).
 * https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files
 */
export async function mayChangeFile(
  octokit: Octokit,
  repository: RepositoryName,
  pull: number,
  path: string,
): Promise<boolean> {
  const pages = octokit.paginate.iterator(octokit.rest.pulls.listFiles, {
    owner: repository.owner,
    repo: repository.name,
    pull_number: pull,
    per_page: filesAtOnce,
  });
  let fullPages = 0;
  try {
    for await (const { data: files } of pages) {
      if (files.some((file) => file.filename === path || file.previous_filename === path)) return true;
      if (files.length === filesAtOnce && ++fullPages === mostPages) return true;
    }
    return false;
  } catch (error) {
    if (isRefusal(error, 422)) return true;
    throw error;
  }
}

/**
 * Whether a file differs between the head of a pull request and its base branch. It also differs if the base has changed
 * it in the meantime. Takes at most three requests.
 */
export async function differsAt(
  octokit: Octokit,
  repository: RepositoryName,
  path: string,
  { head, base }: { head: string; base: string },
): Promise<boolean> {
  const [ofHead, ofBase] = await Promise.all(
    [head, base].map((ref) => blobAt(octokit, repository, path, ref)),
  );
  // A delivery can arrive before the API shows the commit. Until then, the path is empty.
  if (ofHead === undefined && (await findCommit(octokit, repository, head)) === undefined) {
    throw new TransientError(`GitHub does not show the commit ${head} yet. It is retried.`);
  }
  return ofHead !== ofBase;
}

/** Git's id of the content at a path; `undefined` if there is none. */
async function blobAt(
  octokit: Octokit,
  { owner, name }: RepositoryName,
  path: string,
  ref: string,
): Promise<string | undefined> {
  try {
    const { data } = await octokit.rest.repos.getContent({ owner, repo: name, path, ref });
    return Array.isArray(data) ? "directory" : data.sha;
  } catch (error) {
    if (isRefusal(error, 404)) return undefined;
    // If it is too large to be shown, it isn't a valid config.
    if (isRefusal(error, 403) && /too_large/.test(error.reason)) return "too large";
    throw error;
  }
}
