import type { Octokit } from "@octokit/rest";
import { agentId } from "../accounts/agent.js";
import { connectGitHub } from "../github/app.js";
import { type IssueAddress, IssueClient } from "../github/issues.js";
import type { IssueEvent } from "../model/event.js";
import { statusMarker } from "../model/status-marker.js";

/**
 * Whether GitHub now shows the issue as open and assigned to the agent; `undefined` if GitHub does not say, and the last
 * event counts. `since` (ISO 8601) is the last change of the issue that the relay knows: while GitHub shows an older state,
 * it is asked again.
 */
export async function isWantedNow(
  octokit: Octokit,
  issue: IssueAddress,
  since?: string,
): Promise<boolean | undefined> {
  return new IssueClient(octokit, issue).isOpenFor(agentId(octokit), since);
}

/** The id of the issue's status comment; `undefined` if it has none. */
export async function findStatusComment(event: IssueEvent): Promise<number | undefined> {
  const app = await connectGitHub();
  const issue = new IssueClient(app.installation(event.installation), event);
  return issue.findOwnComment(statusMarker, app.id, event.issue.comments);
}
