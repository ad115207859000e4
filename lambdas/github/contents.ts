import type { Octokit } from "@octokit/rest";
import { isRefusal, TransientError } from "../model/errors.js";

/** The name of a repository. It may be a former one, which GitHub redirects. */
export interface RepositoryName {
  owner: string;
  name: string;
}

/** The result of reading a path: a file, nothing, or something that can't be read as a file, with the reason. */
export type FoundFile =
  | { kind: "file"; bytes: Uint8Array }
  | { kind: "absent" }
  | { kind: "unreadable"; reason: string };

const absent: FoundFile = { kind: "absent" };

/**
 * The file at a path, at a commit or branch; without `ref`, at the head of the default branch. GitHub doesn't return
 * content above 1 MB: https://docs.github.com/en/rest/repos/contents#get-repository-content
 *
 * @throws TransientError while GitHub does not show the commit, because a delivery can arrive before the API shows it.
 */
export async function readFile(
  octokit: Octokit,
  repository: RepositoryName,
  path: string,
  ref?: string,
): Promise<FoundFile> {
  try {
    const { data } = await octokit.rest.repos.getContent({
      owner: repository.owner,
      repo: repository.name,
      path,
      ...(ref !== undefined && { ref }),
    });
    // For a link to a file of the same repository, GitHub answers with that file.
    if (Array.isArray(data)) return { kind: "unreadable", reason: "It is a directory, not a file." };
    if (data.type !== "file" || !("content" in data)) {
      return { kind: "unreadable", reason: `It is a ${data.type}, not a file.` };
    }
    if (data.encoding !== "base64") return tooLarge;
    return { kind: "file", bytes: Buffer.from(data.content, "base64") };
  } catch (error) {
    if (isRefusal(error, 403) && /too_large/.test(error.reason)) return tooLarge;
    if (!isRefusal(error, 404)) throw error;
    // A missing file and a missing commit get the same answer.
    if (ref !== undefined && (await findCommit(octokit, repository, ref)) === undefined) {
      throw new TransientError(
        `GitHub does not show the commit ${ref} of ${repository.owner}/${repository.name}. It is retried.`,
      );
    }
    return absent;
  }
}

const tooLarge: FoundFile = { kind: "unreadable", reason: "It is larger than 1 MB." };

/**
 * The id of the commit that a branch, `HEAD` or a commit id stands for; `undefined` if there is none, or none yet.
 * https://docs.github.com/en/rest/commits/commits#get-a-commit
 */
export async function findCommit(
  octokit: Octokit,
  repository: RepositoryName,
  ref: string,
): Promise<string | undefined> {
  try {
    const { data } = await octokit.rest.repos.getCommit({
      owner: repository.owner,
      repo: repository.name,
      ref,
      // This leaves out the commit's files and their patches.
      headers: { accept: "application/vnd.github.sha" },
    });
    return String(data);
  } catch (error) {
    // 409: the repository is empty. 422: there is no such commit.
    if (isRefusal(error, 404, 409, 422)) return undefined;
    throw error;
  }
}
