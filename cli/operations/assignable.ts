import type { Octokit } from "@octokit/rest";
import { isRefusal } from "../../lambdas/model/errors.js";

/** Whether the issues of a repository can be assigned to a user. */
export async function isAssignable(
  octokit: Octokit,
  { owner, name: repo }: { owner: string; name: string },
  assignee: string,
): Promise<boolean> {
  try {
    await octokit.rest.issues.checkUserCanBeAssigned({ owner, repo, assignee });
    return true;
  } catch (error) {
    if (isRefusal(error, 404)) return false;
    throw error;
  }
}
