import {
  bodyBytes,
  type Comment,
  type CommentPosted,
  type Person,
  previousBodyBytes,
} from "../model/event.js";
import { statusMarker } from "../model/status-marker.js";
import { cutToBytes } from "../text/bytes.js";
import { cleanText } from "../text/clean.js";
import { type Circumstances, type Classification, type CommonFields, isAgent } from "./classification.js";
import { placeOf } from "./comment-place.js";
import {
  changesSchema,
  ghost,
  issueCommentSchema,
  parsePayload,
  reviewCommentSchema,
  reviewSchema,
} from "./payloads.js";

/** A comment under an issue or a pull request. */
export function classifyIssueComment(
  action: string,
  payload: unknown,
  common: CommonFields,
  circumstances: Circumstances,
): Classification {
  const { issue, comment } = parsePayload(issueCommentSchema, payload);
  const kind = issue.pull_request ? "pull" : "issue";
  if (kind === "pull" && !isAgent(issue.user, circumstances)) return notTheAgents;
  const subject = { kind, number: issue.number, url: issue.html_url } as const;
  const agentAssigned = issue.assignees.some((assignee) => isAgent(assignee, circumstances));
  return classifyWords(action, payload, circumstances, {
    ...common,
    type: "comment_posted",
    subject,
    agentAssigned,
    at: comment.created_at,
    comment: { kind: "comment", ...wordsOf(comment) },
  });
}

/** A comment on lines of a pull request's diff. */
export function classifyReviewComment(
  action: string,
  payload: unknown,
  common: CommonFields,
  circumstances: Circumstances,
): Classification {
  const { pull_request: pull, comment } = parsePayload(reviewCommentSchema, payload);
  if (!isAgent(pull.user, circumstances)) return notTheAgents;
  return classifyWords(action, payload, circumstances, {
    ...common,
    type: "comment_posted",
    subject: { kind: "pull", number: pull.number, url: pull.html_url },
    agentAssigned: false,
    at: comment.created_at,
    comment: { kind: "review_comment", ...wordsOf(comment), ...placeOf(comment) },
  });
}

/** A review as a whole; its comments on lines come as deliveries of their own. */
export function classifyReview(
  action: string,
  payload: unknown,
  common: CommonFields,
  circumstances: Circumstances,
): Classification {
  const { pull_request: pull, review } = parsePayload(reviewSchema, payload);
  if (!isAgent(pull.user, circumstances)) return notTheAgents;
  const state = review.state.toLowerCase();
  if (review.body.trim() === "" && state !== "changes_requested") {
    return { skipped: `the review (${state}) has no text of its own` };
  }
  const at = review.submitted_at ?? pull.updated_at;
  const times = { created_at: at, updated_at: at };
  return classifyWords(action, payload, circumstances, {
    ...common,
    type: "comment_posted",
    subject: { kind: "pull", number: pull.number, url: pull.html_url },
    agentAssigned: false,
    at,
    comment: { kind: "review", ...wordsOf({ ...review, ...times }), reviewState: state },
  });
}

const notTheAgents: Classification = { skipped: "the pull request is not the agent's" };

interface Words {
  id: number;
  html_url: string;
  user: Person;
  body: string;
  created_at: string;
  updated_at: string;
  performed_via_github_app?: { id?: number | null | undefined } | null | undefined;
}

function wordsOf(words: Words): Omit<Comment, "kind"> {
  return {
    id: words.id,
    url: words.html_url,
    author: words.user.login,
    authorId: words.user.id,
    ...cutBody(words.body),
    createdAt: words.created_at,
    updatedAt: words.updated_at,
    ...(words.performed_via_github_app?.id != null && { appId: words.performed_via_github_app.id }),
  };
}

function cutBody(body: string): Pick<Comment, "body" | "missingBytes"> {
  const { text, missing } = cutToBytes(cleanText(body), bodyBytes);
  return { body: text, ...(missing > 0 && { missingBytes: missing }) };
}

/** Own words are skipped, a deletion becomes a withdrawal, an edit keeps what it changed. */
function classifyWords(
  action: string,
  payload: unknown,
  circumstances: Circumstances,
  posted: CommentPosted,
): Classification {
  const { comment, ...fields } = posted;
  const author = { id: comment.authorId ?? ghost.id, login: comment.author };
  if (isAgent(author, circumstances)) return agentsOwn;
  if (comment.appId !== undefined && comment.appId === circumstances.appId) return appsOwn;
  // Whoever deletes it, be it the agent: it must not be told any more.
  if (action === "deleted") {
    return {
      event: { ...fields, type: "comment_withdrawn", comment: { kind: comment.kind, id: comment.id } },
    };
  }
  if (isAgent(posted.sender, circumstances)) return agentsOwn;
  if (posted.sender.type === "Bot" && comment.body.includes(statusMarker)) return appsOwn;
  if (posted.sender === ghost) return { skipped: "GitHub does not say whose words they are" };
  if (action !== "edited") return { event: posted };
  const before = parsePayload(changesSchema, payload).changes?.body?.from;
  if (before === undefined || cutBody(before).body === comment.body) {
    return { skipped: "the edit did not change the text" };
  }
  const previousBody = cutToBytes(cleanText(before), previousBodyBytes).text;
  return { event: { ...posted, comment: { ...comment, previousBody } } };
}

/** Neither of the two identities' words is ever told to the agent. */
const agentsOwn: Classification = { skipped: "the agent's own words" };
const appsOwn: Classification = { skipped: "the App's own words" };
