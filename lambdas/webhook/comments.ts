import type { Comment, CommentPosted, Person } from "../model/event.js";
import { bodyBytes, previousBodyBytes } from "../model/event-limits.js";
import { pullKey } from "../model/record.js";
import { statusMarker } from "../model/status-marker.js";
import { cutToBytes } from "../text/bytes.js";
import { cleanText } from "../text/clean.js";
import { type Classification, type CommonFields, type Identities, isAgent } from "./classification.js";
import { locationOf } from "./comment-location.js";
import { parsePayload } from "./parse-payload.js";
import { ghost } from "./payload-fields.js";
import { editSchema, issueCommentSchema, reviewCommentSchema, reviewSchema } from "./payloads.js";

/** A comment under an issue or a pull request. */
export function classifyIssueComment(
  action: string,
  payload: unknown,
  common: CommonFields,
  identities: Identities,
): Classification {
  const { issue, comment } = parsePayload(issueCommentSchema, payload);
  const kind = issue.pull_request ? "pull" : "issue";
  const subject = { kind, number: issue.number, url: issue.html_url } as const;
  return classifyContent(action, payload, identities, issue, {
    ...common,
    type: "comment_posted",
    subject,
    agentAssigned: isAsked(issue, identities),
    at: comment.created_at,
    comment: { kind: "comment", ...commentFields(comment) },
  });
}

/** A comment on lines of a pull request's diff. */
export function classifyReviewComment(
  action: string,
  payload: unknown,
  common: CommonFields,
  identities: Identities,
): Classification {
  const { pull_request: pull, comment } = parsePayload(reviewCommentSchema, payload);
  return classifyContent(action, payload, identities, pull, {
    ...common,
    type: "comment_posted",
    subject: { kind: "pull", number: pull.number, url: pull.html_url },
    agentAssigned: isAsked(pull, identities),
    at: comment.created_at,
    comment: {
      kind: "review_comment",
      ...commentFields(comment),
      ...locationOf(comment),
      ...(comment.pull_request_review_id != null && { review: comment.pull_request_review_id }),
    },
  });
}

/** A review. Its comments on lines are separate deliveries. */
export function classifyReview(
  action: string,
  payload: unknown,
  common: CommonFields,
  identities: Identities,
): Classification {
  const { pull_request: pull, review } = parsePayload(reviewSchema, payload);
  const state = review.state.toLowerCase();
  const isEdit = action === "edited";
  if (review.body.trim() === "" && state !== "changes_requested" && !isEdit) {
    return { skipped: `the review (${state}) has no text of its own` };
  }
  const at = review.submitted_at ?? pull.updated_at;
  // GitHub's API shows no other time of a review, so `reconcile` knows a new one by this time.
  const times = { created_at: at, updated_at: (isEdit && review.updated_at) || at };
  return classifyContent(action, payload, identities, pull, {
    ...common,
    type: "comment_posted",
    subject: { kind: "pull", number: pull.number, url: pull.html_url },
    agentAssigned: isAsked(pull, identities),
    at,
    comment: { kind: "review", ...commentFields({ ...review, ...times }), reviewState: state },
  });
}

/** An issue or a pull request. The payload of a conversation comment does not say whose review is requested. */
interface Commented {
  user: Person;
  assignees: Person[];
  requested_reviewers?: Person[];
}

/** Whether the agent is assigned or its review is requested. */
function isAsked(
  { assignees, requested_reviewers: reviewers = [] }: Commented,
  identities: Identities,
): boolean {
  return [...assignees, ...reviewers].some((person) => isAgent(person, identities));
}

interface Content {
  id: number;
  html_url: string;
  user: Person;
  body: string;
  created_at: string;
  updated_at: string;
  performed_via_github_app?: { id?: number | null | undefined } | null | undefined;
}

function commentFields(content: Content): Omit<Comment, "kind"> {
  const { user, performed_via_github_app: app } = content;
  return {
    id: content.id,
    url: content.html_url,
    author: user.login,
    authorId: user.id,
    ...cutBody(content.body),
    createdAt: content.created_at,
    updatedAt: content.updated_at,
    ...(app?.id != null && { appId: app.id }),
  };
}

function cutBody(body: string): Pick<Comment, "body" | "missingBytes"> {
  const { text, missing } = cutToBytes(cleanText(body), bodyBytes);
  return { body: text, ...(missing > 0 && { missingBytes: missing }) };
}

/**
 * Skips texts of the agent and the App. A deletion becomes a withdrawal, and an edit keeps the previous text. If the pull
 * request is somebody else's, it may have been given to the agent even if the payload does not say so.
 */
function classifyContent(
  action: string,
  payload: unknown,
  identities: Identities,
  commented: Commented,
  posted: CommentPosted,
): Classification {
  const { comment, ...fields } = posted;
  const { kind, number } = fields.subject;
  const mayBeGiven = kind === "pull" && !isAgent(commented.user, identities) && !posted.agentAssigned;
  const given = mayBeGiven ? { ifGiven: pullKey(fields.repository.id, number) } : {};
  const author = { id: comment.authorId ?? ghost.id, login: comment.author };
  if (isAgent(author, identities)) return agentsOwn;
  if (comment.appId !== undefined && comment.appId === identities.appId) return appsOwn;
  // A deleted comment must not be sent, even if the agent deleted it, or is given the pull request only later.
  if (action === "deleted") {
    return {
      event: { ...fields, type: "comment_withdrawn", comment: { kind: comment.kind, id: comment.id } },
    };
  }
  if (isAgent(posted.sender, identities)) return agentsOwn;
  if (posted.sender.type === "Bot" && comment.body.includes(statusMarker)) return appsOwn;
  if (posted.sender === ghost) return { skipped: "GitHub does not say who has written it" };
  if (action !== "edited") return { ...given, event: posted };
  const { changes, ...edited } = parsePayload(editSchema, payload);
  const before = changes?.body && cleanText(changes.body.from);
  if (before == null || before === cleanText((edited.comment ?? edited.review)?.body ?? "")) {
    return { skipped: "the edit did not change the text" };
  }
  const previousBody = cutToBytes(before, previousBodyBytes).text;
  return { ...given, event: { ...posted, comment: { ...comment, previousBody } } };
}

/** The agent never gets its own texts, nor the App's. */
const agentsOwn: Classification = { skipped: "the agent has written it" };
const appsOwn: Classification = { skipped: "the App has written it" };
