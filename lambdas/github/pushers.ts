import type { Octokit } from "@octokit/rest";
import { isRefusal } from "../model/errors.js";
import type { Person } from "../model/event.js";
import type { RepositoryName } from "./contents.js";

/**
 * The person who pushed a commit to a branch; `undefined` if GitHub doesn't know, because the branch is in a fork or an
 * older server keeps no activity. The names in the commit itself can't be trusted.
 */
export async function pusherOf(
  octokit: Octokit,
  repository: RepositoryName,
  { branch, sha }: { branch: string; sha: string },
): Promise<Person | undefined> {
  try {
    const { data } = await octokit.rest.repos.listActivities({
      owner: repository.owner,
      repo: repository.name,
      ref: `refs/heads/${branch}`,
      per_page: 30,
    });
    const actor = data.find(({ after }) => after === sha)?.actor;
    return actor ? { id: Number(actor.id), login: actor.login, type: actor.type } : undefined;
  } catch (error) {
    if (isRefusal(error, 403, 404, 409, 422)) return undefined;
    throw error;
  }
}
