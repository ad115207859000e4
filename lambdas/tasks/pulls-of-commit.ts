import type { Octokit } from "@octokit/rest";
import { type Pull, RepositoryClient } from "../github/repository.js";
import { readNamedPull } from "../github/stale-reads.js";
import { type CheckFailed, type CommitFailure, headShaOf } from "../model/event.js";
import type { WorkedOn } from "./worked-on.js";

/** The open pull requests that the agent works on and whose newest commit the event is about. A branch can have several. */
export async function pullsOfCommit(
  octokit: Octokit,
  event: Exclude<CommitFailure, CheckFailed>,
  workedOn: WorkedOn,
): Promise<Pull[]> {
  const { repository } = event;
  const client = new RepositoryClient(octokit, repository);
  const sha = headShaOf(event);
  const only = event.type === "check_reported" ? event.onlyPull : undefined;
  const hasHead = (pull: Pull | undefined) =>
    pull?.isOpen === true &&
    pull.headSha === sha &&
    pull.repositoryId === repository.id &&
    (only === undefined || pull.number === only);
  if (event.type !== "check_reported") {
    const pull = await readNamedPull(client, event.pull.number);
    return pull && hasHead(pull) ? workedOn.ofBranch([pull]) : [];
  }
  const named = await workedOn.ofBranch((await client.pullsOfCommit(sha)).filter(hasHead));
  if (named.length > 0 || !event.report.isInFork) return named;
  // GitHub doesn't know the pull requests of a commit that is only in a fork (google/go-github#2241).
  return workedOn.ofBranch(await client.findOpenPulls(hasHead));
}
