import type { Octokit } from "@octokit/rest";
import { agentId } from "../accounts/agent.js";
import { type Pull, RepositoryClient } from "../github/repository.js";
import type { CheckReported } from "../model/event.js";

/** The agent's open pull request whose newest commit a report is on. */
export async function pullOfCommit(
  octokit: Octokit,
  { repository, report: { headSha, isInFork } }: CheckReported,
): Promise<Pull | undefined> {
  const client = new RepositoryClient(octokit, repository);
  const agent = await agentId(octokit);
  const isIt = (pull: Pull) =>
    pull.isOpen && pull.headSha === headSha && pull.authorId === agent && pull.repositoryId === repository.id;
  const named = (await client.pullsOfCommit(headSha)).find(isIt);
  // GitHub doesn't know the pull requests of a commit that is only in a fork (google/go-github#2241).
  return named ?? (isInFork ? client.findOpenPull(isIt) : undefined);
}
