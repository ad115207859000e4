import type { Octokit } from "@octokit/rest";
import { agentId } from "../accounts/agent.js";
import { type Pull, RepositoryClient } from "../github/repository.js";
import { type CheckReported, headShaOf, type PullConflicted } from "../model/event.js";

/** The agent's open pull request whose newest commit an event is about. */
export async function pullOfCommit(
  octokit: Octokit,
  event: CheckReported | PullConflicted,
): Promise<Pull | undefined> {
  const { repository } = event;
  const client = new RepositoryClient(octokit, repository);
  const agent = await agentId(octokit);
  const sha = headShaOf(event);
  const isIt = (pull: Pull | undefined) =>
    pull?.isOpen === true &&
    pull.headSha === sha &&
    pull.authorId === agent &&
    pull.repositoryId === repository.id;
  if (event.type === "pull_conflicted") {
    const pull = await client.pull(event.pull.number);
    return isIt(pull) ? pull : undefined;
  }
  const named = (await client.pullsOfCommit(sha)).find(isIt);
  // GitHub doesn't know the pull requests of a commit that is only in a fork (google/go-github#2241).
  return named ?? (event.report.isInFork ? client.findOpenPull(isIt) : undefined);
}
