import type { RelayEvent, TaskClosed } from "./event.js";
import { assigneeSchema, commonSchema, issuesSchema, parsePayload } from "./payloads.js";

/** What a delivery is to the relay: an event for a flow, or nothing, and why. */
export type Classification = { event: RelayEvent } | { skipped: string };

/** Actions of `issues` that end the agent's work, whoever is assigned. */
const closings: Record<string, TaskClosed["reason"]> = {
  closed: "closed",
  deleted: "deleted",
  transferred: "transferred",
};

/**
 * Classifies a delivery. `event` is the value of `X-GitHub-Event`; `payload` is its parsed JSON.
 * Throws a `PayloadError` where a delivery that is for us lacks what we need.
 */
export function classify(
  event: string,
  delivery: string,
  payload: unknown,
  settings: { agent: string },
): Classification {
  if (event !== "issues") return { skipped: `event ${event} is not handled` };
  const action = fieldOf(payload, "action");
  if (typeof action !== "string" || !isHandled(action)) {
    return { skipped: `action ${event}.${typeof action === "string" ? action : "?"} is not handled` };
  }
  if (fieldOf(payload, "installation") == null) {
    return { skipped: "the delivery has no installation: it did not come from a GitHub App" };
  }
  return classifyIssues(action, delivery, payload, settings.agent);
}

function isHandled(action: string): boolean {
  return action === "assigned" || action === "reopened" || action === "unassigned" || action in closings;
}

function classifyIssues(action: string, delivery: string, payload: unknown, agent: string): Classification {
  if (action === "assigned" || action === "unassigned") {
    const { assignee } = parsePayload(assigneeSchema, payload);
    if (!isSameLogin(assignee.login, agent)) return { skipped: `${action}: the assignee is not the agent` };
  }
  const { repository, sender, installation } = parsePayload(commonSchema, payload);
  const { issue } = parsePayload(issuesSchema, payload);
  const agentAssigned =
    action === "unassigned" || issue.assignees.some(({ login }) => isSameLogin(login, agent));
  if (action === "reopened" && !agentAssigned) return { skipped: "reopened: the agent is not assigned" };

  const common = {
    delivery,
    installation: installation.id,
    repository: {
      id: repository.id,
      owner: repository.owner.login,
      name: repository.name,
      private: repository.private,
    },
    sender: { id: sender.id, login: sender.login, type: sender.type },
    issue: { number: issue.number, title: cutText(issue.title, 256), url: issue.html_url },
    at: issue.updated_at,
  };
  if (action === "assigned" || action === "reopened") return { event: { type: "task_requested", ...common } };
  const reason = closings[action] ?? "unassigned";
  return { event: { type: "task_closed", reason, agentAssigned, ...common } };
}

/** GitHub's logins are unique without regard to case. */
export function isSameLogin(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** The first `length` characters, never half of one. */
function cutText(text: string, length: number): string {
  return Array.from(text.slice(0, length * 2))
    .slice(0, length)
    .join("");
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && key in value
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
