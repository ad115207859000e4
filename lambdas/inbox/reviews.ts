import { connectGitHub } from "../github/app.js";
import { findReview } from "../github/reviews.js";
import { log } from "../runtime/log.js";
import type { Inbox } from "./inbox.js";
import { commentIdentity } from "./inputs.js";
import type { InboxMeta } from "./meta.js";
import type { ReviewLocation, WaitingInput } from "./stored-input.js";

/** How long a drain waits for the comments of a review, which GitHub sends as separate deliveries. */
export const heldSeconds = 10;

/** Reviews with comments that are not in the inbox yet. */
export interface Incomplete {
  reviews: number[];
  /** The identities of the inputs that are not stored yet. */
  missing: Set<string>;
  /** Whether other inputs of these reviews wait, outside the message. */
  isPart: boolean;
}

/**
 * Asks GitHub which comments the reviews in a message have, and finds those that are not stored yet. Skips reviews that are
 * known to be complete, and those with an input that has already waited for `heldSeconds`.
 */
export async function findIncomplete(
  inbox: Inbox,
  inputs: readonly WaitingInput[],
  { complete = [] }: InboxMeta,
): Promise<Incomplete> {
  const known = new Set(inputs.map(({ identity }) => identity));
  const since = Date.now() - heldSeconds * 1000;
  const old = new Set(inputs.filter(({ queuedAt }) => queuedAt < since).map(({ review }) => review?.id));
  const reviews = new Map(
    inputs.flatMap(({ review }) =>
      review && !old.has(review.id) && !complete.includes(review.id) ? [[review.id, review]] : [],
    ),
  );
  const result: Incomplete = { reviews: [], missing: new Set(), isPart: false };
  for (const review of reviews.values()) {
    const expected = (await identitiesOf(review)).filter((identity) => !known.has(identity));
    const states = await Promise.all(expected.map((identity) => inbox.stateOf(identity)));
    result.isPart ||= states.includes("waiting");
    const missing = expected.filter((_, i) => states[i] === undefined);
    if (missing.length === 0) continue;
    result.reviews.push(review.id);
    for (const identity of missing) result.missing.add(identity);
  }
  return result;
}

/** The identities of all inputs of a review; none if GitHub does not answer, so the drain does not wait. */
async function identitiesOf({ installation, ...review }: ReviewLocation): Promise<string[]> {
  try {
    const octokit = (await connectGitHub()).installation(installation);
    const { hasText, state, comments } = await findReview(octokit, review);
    const ofComments = comments.map((id) => commentIdentity({ kind: "review_comment", id }));
    const isSent = hasText || state === "CHANGES_REQUESTED";
    return isSent ? [commentIdentity({ kind: "review", id: review.id }), ...ofComments] : ofComments;
  } catch (error) {
    log.warn("The drain does not wait for the rest of a review: GitHub did not list its comments", {
      review: review.id,
      error,
    });
    return [];
  }
}
