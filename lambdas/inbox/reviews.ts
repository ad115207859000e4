import { connectGitHub } from "../github/app.js";
import { findReview } from "../github/reviews.js";
import { log } from "../runtime/log.js";
import type { Inbox } from "./inbox.js";
import { commentIdentity } from "./inputs.js";
import type { InboxMeta } from "./meta.js";
import type { ReviewLocation, WaitingInput } from "./stored-input.js";

/** How long the comments of a review are waited for: GitHub sends them as deliveries of their own. */
export const heldSeconds = 10;

/** Reviews of which GitHub has more comments than the inbox. */
export interface Incomplete {
  reviews: number[];
  /** The identities of what is not stored yet. */
  missing: Set<string>;
}

/**
 * Asks GitHub which comments the reviews in a message have, and finds those that are not stored yet. A review of which
 * something was put longer ago than the comments are waited for is not asked about; nor is one that is known to be
 * complete.
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
  const result: Incomplete = { reviews: [], missing: new Set() };
  for (const review of reviews.values()) {
    const expected = (await identitiesOf(review)).filter((identity) => !known.has(identity));
    const stored = await Promise.all(expected.map((identity) => inbox.knows(identity)));
    const missing = expected.filter((_, i) => !stored[i]);
    if (missing.length === 0) continue;
    result.reviews.push(review.id);
    for (const identity of missing) result.missing.add(identity);
  }
  return result;
}

/** What the inbox gets of a review. If GitHub doesn't say, nothing is waited for. */
async function identitiesOf({ installation, ...review }: ReviewLocation): Promise<string[]> {
  try {
    const octokit = (await connectGitHub()).installation(installation);
    const { hasText, state, comments } = await findReview(octokit, review);
    const ofComments = comments.map((id) => commentIdentity({ kind: "review_comment", id }));
    const isSent = hasText || state === "CHANGES_REQUESTED";
    return isSent ? [commentIdentity({ kind: "review", id: review.id }), ...ofComments] : ofComments;
  } catch (error) {
    log.warn("A review is not waited for: GitHub does not say what it consists of", {
      review: review.id,
      error,
    });
    return [];
  }
}
