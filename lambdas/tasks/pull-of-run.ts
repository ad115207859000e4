import type { Octokit } from "@octokit/rest";
import { agentId } from "../accounts/agent.js";
import { type Pull, RepositoryClient } from "../github/repository.js";
import type { CheckFailed } from "../model/event.js";
import { log } from "../runtime/log.js";

/**
 * The agent's open pull request whose head commit a run is for. `isAgents`: the run is for a pull request of the agent's, for
 * any of its commits, even if it is closed.
 */
export async function pullOfRun(
  octokit: Octokit,
  event: CheckFailed,
): Promise<{ pull?: Pull; isAgents: boolean }> {
  const { run } = event;
  const repository = new RepositoryClient(octokit, event.repository);
  // If the head is in a fork, GitHub names no pull request; sometimes it names those of other repositories.
  const named = await Promise.all(run.pulls.map((number) => repository.pull(number)));
  const candidates = named.some((pull) => pull?.headBranch === run.branch)
    ? named
    : await repository.openPullsOf(run.headRepository.owner, run.branch);
  const agent = await agentId(octokit);
  const isOfAgents = (candidate: Pull | undefined) =>
    candidate !== undefined &&
    candidate.repositoryId === event.repository.id &&
    candidate.authorId === agent &&
    candidate.headRepositoryId === run.headRepository.id;
  const agents = candidates.filter((candidate) => candidate?.isOpen && isOfAgents(candidate));
  const pull = agents.find((candidate) => candidate?.headSha === run.headSha);
  if (pull) return { pull, isAgents: true };
  // A run can outlast its pull request. Its failure does not start a task.
  const isOfClosed = (closed: Pull) => isOfAgents(closed) && closed.headSha === run.headSha;
  const isAgents =
    agents.length > 0 ||
    (await repository.closedPullsOf(run.headRepository.owner, run.branch)).some(isOfClosed);
  log.info("The run is for no newest commit of the agent's", { run: run.id, pulls: candidates.length });
  return { isAgents };
}
