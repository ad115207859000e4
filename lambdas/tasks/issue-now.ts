import type { Octokit } from "@octokit/rest";
import { agentId } from "../accounts/agent.js";
import { connectGitHub } from "../github/app.js";
import { type IssueAddress, IssueClient } from "../github/issues.js";
import type { IssueEvent } from "../model/event.js";
import { statusMarker } from "../model/status-marker.js";

/**
 * Whether the issue is open and the agent among its assignees, as GitHub says now; `undefined` if it does not say: then
 * the last event holds. `since` (ISO 8601) is when the issue last changed, as far as the relay knows: GitHub is asked again
 * while it shows an older state.
 */
export async function isWantedNow(
  octokit: Octokit,
  issue: IssueAddress,
  since?: string,
): Promise<boolean | undefined> {
  return new IssueClient(octokit, issue).isOpenFor(agentId(octokit), since);
}

/** The id of the status comment that the issue has. */
export async function findStatusComment(event: IssueEvent): Promise<number | undefined> {
  const app = await connectGitHub();
  const issue = new IssueClient(app.installation(event.installation), event);
  return issue.findOwnComment(statusMarker, app.id, event.issue.comments);
}
