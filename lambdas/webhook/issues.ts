import type * as z from "zod/mini";
import type { Issue, TaskClosed } from "../model/event.js";
import { type Classification, type CommonFields, type Identities, isAgent } from "./classification.js";
import { parsePayload } from "./parse-payload.js";
import { ghost } from "./payload-fields.js";
import { assigneeSchema, issuesSchema } from "./payloads.js";

/** Actions that end the task, whether or not the agent is assigned. */
const closings: Record<string, TaskClosed["reason"]> = {
  closed: "closed",
  deleted: "deleted",
  transferred: "transferred",
};

const titleLength = 256;

export function classifyIssue(
  action: string,
  payload: unknown,
  common: CommonFields,
  identities: Identities,
): Classification {
  if (action === "assigned" || action === "unassigned") {
    const { assignee } = parsePayload(assigneeSchema, payload);
    if (!isAgent(assignee, identities)) return { skipped: `${action}: the assignee is not the agent` };
  }
  const { issue } = parsePayload(issuesSchema, payload);
  const agentAssigned =
    action === "unassigned" || issue.assignees.some((assignee) => isAgent(assignee, identities));
  if (action === "assigned" && issue.state === "closed") return { skipped: "assigned: the issue is closed" };
  if (action === "reopened" && !agentAssigned) return { skipped: "reopened: the agent is not assigned" };

  const fields = { ...common, issue: issueOf(issue), at: issue.updated_at };
  if (action === "assigned" || action === "reopened") {
    if (common.sender === ghost) return { skipped: `${action}: GitHub does not say who has done it` };
    return { event: { type: "task_requested", ...fields } };
  }
  const reason = closings[action] ?? "unassigned";
  return { event: { type: "task_closed", reason, agentAssigned, ...fields } };
}

/** The issue or pull request of an event. */
export function issueOf({
  number,
  title,
  html_url,
  comments,
}: z.output<typeof issuesSchema>["issue"]): Issue {
  return { number, title: cutText(title), url: html_url, ...(comments != null && { comments }) };
}

/** The first characters of a title. Never splits a character. */
function cutText(text: string): string {
  return Array.from(text.slice(0, titleLength * 2))
    .slice(0, titleLength)
    .join("");
}
