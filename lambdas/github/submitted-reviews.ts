import type { Octokit } from "@octokit/rest";
import type { Person } from "../model/event.js";
import { type Actor, accountFields, askForNodes, atOnce, personOf } from "./graphql.js";

/** A review in the form of its webhook, with its ids in both APIs. */
export interface SubmittedReview {
  id: number;
  node_id: string;
  html_url: string;
  user: Person | null;
  body: string;
  state: string;
  /** ISO 8601. */
  submitted_at: string;
}

/** The reviews of one pull request. */
export interface PullReviews {
  /** The total number of reviews. A pull request without reviews has no comments on lines. */
  count: number;
  /** The reviews that were submitted since the requested time. */
  recent: SubmittedReview[];
}

const query = `query ($ids: [ID!]!, $before: String) {
  nodes(ids: $ids) {
    ... on PullRequest {
      reviews(last: ${atOnce}, before: $before) {
        totalCount
        pageInfo { hasPreviousPage startCursor }
        nodes { id fullDatabaseId url author { ${accountFields} } body state submittedAt }
      }
    }
  }
}`;

interface ReviewNode {
  id: string;
  fullDatabaseId: string | null;
  url: string;
  author: Actor | null;
  body: string;
  state: string;
  /** `null` while it is a draft. */
  submittedAt: string | null;
}

interface PullNode {
  reviews: {
    totalCount: number;
    pageInfo: { hasPreviousPage: boolean; startCursor: string | null };
    nodes: (ReviewNode | null)[] | null;
  } | null;
}

/**
 * The reviews of pull requests since a time (ISO 8601), by the pull requests' ids in the GraphQL API. Takes one request
 * per hundred pull requests, and one more for each further hundred new reviews of a pull request.
 */
export async function findReviews(
  octokit: Octokit,
  pulls: readonly string[],
  since: string,
): Promise<Map<string, PullReviews>> {
  const found = new Map<string, PullReviews>();
  const isRecent = (review: SubmittedReview) => Date.parse(review.submitted_at) >= Date.parse(since);
  for (let from = 0; from < pulls.length; from += atOnce) {
    const asked = pulls.slice(from, from + atOnce);
    const { nodes } = await askForNodes<PullNode>(octokit, query, asked);
    for (const [index, pull] of asked.entries()) {
      let node = nodes[index];
      const recent: SubmittedReview[] = [];
      const count = node?.reviews?.totalCount ?? 0;
      while (node?.reviews) {
        const { pageInfo, nodes: page } = node.reviews;
        const shown = (page ?? []).flatMap(reviewOf);
        recent.unshift(...shown.filter(isRecent));
        if (!pageInfo.hasPreviousPage || !shown.every(isRecent)) break;
        [node] = (
          await askForNodes<PullNode>(octokit, query, [pull], { before: pageInfo.startCursor })
        ).nodes;
      }
      found.set(pull, { count, recent });
    }
  }
  return found;
}

function reviewOf(node: ReviewNode | null): SubmittedReview[] {
  if (!node?.submittedAt || node.fullDatabaseId === null) return [];
  const { id, fullDatabaseId, url, author, body, state, submittedAt } = node;
  return [
    {
      id: Number(fullDatabaseId),
      node_id: id,
      html_url: url,
      user: author && personOf(author),
      body,
      state,
      submitted_at: submittedAt,
    },
  ];
}
