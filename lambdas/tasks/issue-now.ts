import { agentId } from "../accounts/agent.js";
import { connectGitHub } from "../github/app.js";
import { IssueClient } from "../github/issues.js";
import type { IssueEvent } from "../model/event.js";
import { statusMarker } from "../model/status-marker.js";

/**
 * Whether the issue is open and the agent among its assignees, as GitHub says now; `undefined` if it does not say: then
 * the last event holds.
 */
export async function isWantedNow(event: IssueEvent): Promise<boolean | undefined> {
  const octokit = (await connectGitHub()).installation(event.installation);
  return new IssueClient(octokit, event).isOpenFor(await agentId(octokit), event.at);
}

/** The id of the status comment that the issue has. */
export async function findStatusComment(event: IssueEvent): Promise<number | undefined> {
  const app = await connectGitHub();
  const issue = new IssueClient(app.installation(event.installation), event);
  return issue.findOwnComment(statusMarker, app.id, event.issue.comments);
}
