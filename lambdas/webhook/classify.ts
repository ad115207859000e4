import { type HandledEvent, isHandledAction, isHandledEvent } from "../model/handled-events.js";
import { classifyCheckRun, classifyStatus } from "./checks.js";
import type { Classification, CommonFields, Identities } from "./classification.js";
import { classifyIssueComment, classifyReview, classifyReviewComment } from "./comments.js";
import { classifyPush } from "./config.js";
import { classifyInstallation, classifyInstallationRepositories } from "./installations.js";
import { classifyIssue } from "./issues.js";
import { parsePayload } from "./parse-payload.js";
import { commonSchema } from "./payloads.js";
import { classifyPull } from "./pulls.js";
import { classifyRun } from "./runs.js";

type Classify = (
  action: string,
  payload: unknown,
  common: CommonFields,
  identities: Identities,
) => Classification;

/** Classifies an event of an installation of the App, which has no repository. */
type ClassifyInstallation = (action: string, payload: unknown, delivery: string) => Classification;

/** The classifier of each event. */
const classifiers: Record<HandledEvent, Classify | { ofInstallation: ClassifyInstallation }> = {
  issues: classifyIssue,
  issue_comment: classifyIssueComment,
  pull_request_review_comment: classifyReviewComment,
  pull_request_review: classifyReview,
  workflow_run: classifyRun,
  check_run: classifyCheckRun,
  status: classifyStatus,
  push: classifyPush,
  pull_request: classifyPull,
  installation: { ofInstallation: classifyInstallation },
  installation_repositories: { ofInstallation: classifyInstallationRepositories },
};

/**
 * Classifies a delivery. `event` is the value of `X-GitHub-Event`, `payload` the parsed JSON. Throws a `PayloadError` if a
 * delivery that we handle lacks a field that we need.
 */
export function classify(
  event: string,
  delivery: string,
  payload: unknown,
  identities: Identities,
): Classification {
  if (!isHandledEvent(event)) return { skipped: `event ${event} is not handled` };
  const field = fieldOf(payload, "action");
  const action = typeof field === "string" ? field : "?";
  if (!isHandledAction(event, action)) return { skipped: `action ${event}.${action} is not handled` };
  if (fieldOf(payload, "installation") == null) {
    return { skipped: "the delivery has no installation: it did not come from a GitHub App" };
  }
  const classifier = classifiers[event];
  if ("ofInstallation" in classifier) return classifier.ofInstallation(action, payload, delivery);
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
  return classifier(action, payload, common, identities);
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && key in value
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
