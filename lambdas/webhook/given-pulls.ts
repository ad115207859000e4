import { Table } from "../aws/table.js";
import type { IssueEvent, Person } from "../model/event.js";
import { pullKey, recordKey, type TaskKey, type TaskRecord } from "../model/record.js";
import { type CommonFields, type Identities, isAgent } from "./classification.js";
import { issueOf } from "./issues.js";
import { parsePayload } from "./parse-payload.js";
import { ghost } from "./payload-fields.js";
import { givenPullSchema } from "./payloads.js";

export const notTheAgents = { skipped: "the pull request is not the agent's" };

/**
 * Somebody gives the agent a pull request or takes it away: by assigning the agent, which asks for work on the branch, or by
 * requesting its review. If such a pull request is closed, its task ends.
 */
export function classifyGiven(
  action: string,
  payload: unknown,
  common: CommonFields,
  identities: Identities,
): { event: IssueEvent; ifGiven?: TaskKey } | { skipped: string } {
  const { pull_request: pull, ...about } = parsePayload(givenPullSchema, payload);
  const isTheAgent = (person: Person) => isAgent(person, identities);
  const isReview = action.startsWith("review");
  const isEnd = action === "closed";
  if (!isEnd && action !== "reopened" && !isTheAgent(isReview ? about.requested_reviewer : about.assignee)) {
    return { skipped: `${action}: it is not the agent` };
  }
  // An agent may assign itself to its own pull request. If a person does that, the flow explains why nothing starts.
  if (isTheAgent(pull.user) && (action !== "assigned" || isTheAgent(common.sender))) {
    return { skipped: `${action}: the pull request is the agent's own` };
  }
  const isAssigned = pull.assignees.some(isTheAgent);
  const isReviewer = pull.requested_reviewers.some(isTheAgent);
  if (isReview && isAssigned) return { skipped: `${action}: the agent is assigned, so it works on it` };
  const isAsked = isAssigned || isReviewer;
  const ask = isAssigned || (action === "unassigned" && !isReviewer) ? "work" : "review";
  const fields = {
    ...common,
    issue: { ...issueOf(pull), ask, headSha: pull.head.sha } as const,
    at: pull.updated_at,
  };
  if (isEnd) {
    const event = { type: "task_closed", reason: "closed", agentAssigned: isAsked, ...fields } as const;
    return isAsked ? { event } : { event, ifGiven: pullKey(common.repository.id, pull.number) };
  }
  if (!isAsked) {
    return action === "reopened"
      ? notTheAgents
      : { event: { type: "task_closed", reason: "unassigned", agentAssigned: true, ...fields } };
  }
  if (common.sender === ghost) return { skipped: `${action}: GitHub does not say who has done it` };
  const issue = { ...fields.issue, ...(pull.state === "closed" && { isClosed: true }) };
  return { event: { type: "task_requested", ...fields, issue } };
}

/** Whether somebody else's pull request is or was given to the agent. */
export async function isGiven(pull: TaskKey): Promise<boolean> {
  return (await new Table().get<TaskRecord>(recordKey(pull)))?.intent !== undefined;
}
