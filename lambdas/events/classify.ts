import { classifyIssueComment, classifyReview, classifyReviewComment } from "./comments.js";
import type { RelayEvent } from "./event.js";
import { classifyIssue } from "./issues.js";
import { commonSchema, parsePayload } from "./payloads.js";
import { classifyRun } from "./runs.js";

/** What a delivery is to the relay: an event for a flow, or nothing, and why. */
export type Classification = { event: RelayEvent } | { skipped: string };

/** What the kinds of events are told by, beside their payload. */
export interface Circumstances {
  /** The agent's login. */
  agent: string;
  /** The App's id, as far as the delivery tells. */
  appId?: number | undefined;
}

/** The part of an event that every payload of a repository gives. */
export type CommonFields = Pick<RelayEvent, "delivery" | "installation" | "repository" | "sender">;

type Classify = (
  action: string,
  payload: unknown,
  common: CommonFields,
  circumstances: Circumstances,
) => Classification;

/** The events that are handled, the actions of each, and what tells what they are. */
const handled: Record<string, { actions: readonly string[]; classify: Classify }> = {
  issues: {
    actions: ["assigned", "unassigned", "reopened", "closed", "deleted", "transferred"],
    classify: classifyIssue,
  },
  issue_comment: { actions: ["created", "edited", "deleted"], classify: classifyIssueComment },
  pull_request_review_comment: { actions: ["created", "edited", "deleted"], classify: classifyReviewComment },
  pull_request_review: { actions: ["submitted"], classify: classifyReview },
  workflow_run: { actions: ["completed"], classify: classifyRun },
};

/**
 * Classifies a delivery. `event` is the value of `X-GitHub-Event`; `payload` is its parsed JSON.
 * Throws a `PayloadError` where a delivery that is for us lacks what we need.
 */
export function classify(
  event: string,
  delivery: string,
  payload: unknown,
  circumstances: Circumstances,
): Classification {
  const kind = Object.hasOwn(handled, event) ? handled[event] : undefined;
  if (!kind) return { skipped: `event ${event} is not handled` };
  const action = fieldOf(payload, "action");
  if (typeof action !== "string" || !kind.actions.includes(action)) {
    return { skipped: `action ${event}.${typeof action === "string" ? action : "?"} is not handled` };
  }
  if (fieldOf(payload, "installation") == null) {
    return { skipped: "the delivery has no installation: it did not come from a GitHub App" };
  }
  const { repository, sender, installation } = parsePayload(commonSchema, payload);
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
  };
  return kind.classify(action, payload, common, circumstances);
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && key in value
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
