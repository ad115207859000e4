import type { Octokit } from "@octokit/rest";
import { isSuccessful } from "../model/conclusion.js";
import { isRefusal } from "../model/errors.js";
import type { RepositoryName } from "./contents.js";

/** How many runs are read. They include runs on forks' branches of the same name. */
const runsRead = 30;

/** A failed run, and the repository of its head. */
export interface FailedRunOf {
  id: number;
  workflowId: number;
  branch: string;
  event?: string | undefined;
  headRepository: { id: number };
}

/**
 * Whether the newest completed run of the same workflow, event and branch has succeeded. If so, there is nothing left to
 * fix, no matter how late the failure is delivered. A newer failure has its own event.
 */
export async function hasSucceededSince(
  octokit: Octokit,
  repository: RepositoryName,
  { id, workflowId, branch, event, headRepository }: FailedRunOf,
): Promise<boolean> {
  try {
    const { data } = await octokit.rest.actions.listWorkflowRuns({
      owner: repository.owner,
      repo: repository.name,
      workflow_id: workflowId,
      branch,
      ...(event !== undefined && { event }),
      status: "completed",
      per_page: runsRead,
    });
    const [newest] = data.workflow_runs
      .filter((run) => Number(run.head_repository?.id) === headRepository.id)
      // A newer run that was skipped has tested nothing.
      .filter((run) => Number(run.id) === id || run.conclusion !== "skipped")
      .sort((a, b) => Number(b.id) - Number(a.id));
    return newest !== undefined && Number(newest.id) >= id && isSuccessful(newest.conclusion);
  } catch (error) {
    // The workflow and its runs are gone.
    if (isRefusal(error, 404)) return false;
    throw error;
  }
}

/** Whether a run has succeeded by now, possibly in a later attempt. */
export async function hasSucceeded(
  octokit: Octokit,
  repository: RepositoryName,
  { id }: Pick<FailedRunOf, "id">,
): Promise<boolean> {
  const run = { owner: repository.owner, repo: repository.name, run_id: id };
  return isSuccessful((await octokit.rest.actions.getWorkflowRun(run)).data.conclusion);
}
