import type { Octokit } from "@octokit/rest";
import { type Pull, RepositoryClient } from "../github/repository.js";
import { readNamedPull } from "../github/stale-reads.js";
import type { CheckFailed } from "../model/event.js";
import { log } from "../runtime/log.js";
import type { WorkedOn } from "./worked-on.js";

/**
 * The open pull requests that the agent works on and whose head commit the run is for. `isAgents`: the run is for a pull
 * request that the agent works on, for any of its commits, even if it is closed.
 */
export async function pullsOfRun(
  octokit: Octokit,
  event: CheckFailed,
  workedOn: WorkedOn,
): Promise<{ pulls: Pull[]; isAgents: boolean }> {
  const { run } = event;
  const repository = new RepositoryClient(octokit, event.repository);
  // If the head is in a fork, GitHub lists no pull requests. Sometimes it lists those of other repositories.
  const named = await Promise.all(run.pulls.map((number) => readNamedPull(repository, number)));
  const candidates = named.some((pull) => pull?.headBranch === run.branch)
    ? named
    : await repository.openPullsOf(run.headRepository.owner, run.branch);
  const isOfHead = (candidate: Pull | undefined): candidate is Pull =>
    candidate?.repositoryId === event.repository.id && candidate.headRepositoryId === run.headRepository.id;
  const open = candidates.filter(isOfHead).filter(({ isOpen }) => isOpen);
  const isIt = ({ number, headSha }: Pull) =>
    headSha === run.headSha && (event.onlyPull === undefined || number === event.onlyPull);
  const pulls = await workedOn.ofBranch(open.filter(isIt));
  if (pulls.length > 0) return { pulls, isAgents: true };
  // A run can outlast its pull request. Its failure must not start a task.
  const closed = async () =>
    (await repository.closedPullsOf(run.headRepository.owner, run.branch))
      .filter(isOfHead)
      .filter(({ headSha }) => headSha === run.headSha);
  const isAgents =
    (await workedOn.ofBranch(open)).length > 0 || (await workedOn.ofBranch(await closed())).length > 0;
  log.info("The run is not for the newest commit of an open pull request that the agent works on", {
    run: run.id,
    pulls: candidates.length,
  });
  return { pulls, isAgents };
}
