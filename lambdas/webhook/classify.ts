import type { Classification, CommonFields, Identities } from "./classification.js";
import { classifyIssueComment, classifyReview, classifyReviewComment } from "./comments.js";
import { classifyConfigProposal, classifyPush } from "./config.js";
import { classifyInstallation, classifyInstallationRepositories } from "./installations.js";
import { classifyIssue } from "./issues.js";
import { parsePayload } from "./parse-payload.js";
import { commonSchema } from "./payloads.js";
import { classifyRun } from "./runs.js";

type Classify = (
  action: string,
  payload: unknown,
  common: CommonFields,
  identities: Identities,
) => Classification;

interface Kind {
  /** Left out if the event has none. */
  actions?: readonly string[];
  classify: Classify;
}

/** An event of an installation of the App. It has no repository. */
interface InstallationKind {
  actions: readonly string[];
  classifyInstallation: (action: string, payload: unknown, delivery: string) => Classification;
}

/** The events that are handled, their actions, and what classifies each. */
const handled: Record<string, Kind | InstallationKind> = {
  issues: {
    actions: ["assigned", "unassigned", "reopened", "closed", "deleted", "transferred"],
    classify: classifyIssue,
  },
  issue_comment: { actions: ["created", "edited", "deleted"], classify: classifyIssueComment },
  pull_request_review_comment: { actions: ["created", "edited", "deleted"], classify: classifyReviewComment },
  pull_request_review: { actions: ["submitted"], classify: classifyReview },
  workflow_run: { actions: ["completed"], classify: classifyRun },
  push: { classify: classifyPush },
  pull_request: {
    actions: ["opened", "reopened", "synchronize", "ready_for_review"],
    classify: classifyConfigProposal,
  },
  installation: {
    actions: ["created", "unsuspend", "deleted", "suspend"],
    classifyInstallation,
  },
  installation_repositories: {
    actions: ["added", "removed"],
    classifyInstallation: classifyInstallationRepositories,
  },
};

/**
 * Classifies a delivery. `event` is the value of `X-GitHub-Event`; `payload` is its parsed JSON.
 * Throws a `PayloadError` if a delivery that is for us lacks what we need.
 */
export function classify(
  event: string,
  delivery: string,
  payload: unknown,
  identities: Identities,
): Classification {
  const kind = Object.hasOwn(handled, event) ? handled[event] : undefined;
  if (!kind) return { skipped: `event ${event} is not handled` };
  const field = fieldOf(payload, "action");
  const action = typeof field === "string" ? field : "?";
  if (kind.actions && !kind.actions.includes(action)) {
    return { skipped: `action ${event}.${action} is not handled` };
  }
  if (fieldOf(payload, "installation") == null) {
    return { skipped: "the delivery has no installation: it did not come from a GitHub App" };
  }
  if ("classifyInstallation" in kind) return kind.classifyInstallation(action, payload, delivery);
  const { repository, sender, installation } = parsePayload(commonSchema, payload);
  const { id, name, private: isPrivate, owner } = repository;
  const ownerName = owner?.login ?? owner?.name;
  if (ownerName == null) return { skipped: "the repository has no owner" };
  const common = {
    delivery,
    installation: installation.id,
    repository: {
      id,
      owner: ownerName,
      ...(owner?.id != null && { ownerId: owner.id }),
      name,
      private: isPrivate,
    },
    sender,
  };
  return kind.classify(action, payload, common, identities);
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && key in value
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
