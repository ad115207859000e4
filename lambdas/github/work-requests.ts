import type { Octokit } from "@octokit/rest";
import type { Person, PullAsk } from "../model/event.js";
import { type Actor, accountFields, askForAllNodes, atOnce, personOf } from "./graphql.js";

/** How an issue or a pull request was given to the agent: the newest such entry in its timeline. */
export interface WorkRequest {
  /** The entry's id in the GraphQL API. */
  id: string;
  action: "assigned" | "review_requested" | "reopened";
  sender: Person;
  /** ISO 8601. */
  at: string;
}

// We use GraphQL because REST names the assignee as the actor of an assignment
// (https://github.com/google/go-github/pull/615).
const common = `id createdAt actor { ${accountFields} }`;
const shared = `
  __typename
  ... on AssignedEvent { ${common} assignee { ... on User { databaseId } } }
  ... on ReopenedEvent { ${common} }`;
const reviewer = `${common} requestedReviewer { ... on User { databaseId } }`;
const query = `query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Issue {
      id
      timelineItems(last: ${atOnce}, itemTypes: [ASSIGNED_EVENT, REOPENED_EVENT]) { nodes { ${shared} } }
    }
    ... on PullRequest {
      id
      timelineItems(last: ${atOnce}, itemTypes: [ASSIGNED_EVENT, REOPENED_EVENT, REVIEW_REQUESTED_EVENT, REVIEW_REQUEST_REMOVED_EVENT]) {
        nodes {
          ${shared}
          ... on ReviewRequestedEvent { ${reviewer} }
          ... on ReviewRequestRemovedEvent { ${reviewer} }
        }
      }
    }
  }
}`;

/** The entries that ask for work, with the relay's names for them. */
const actions: Record<string, WorkRequest["action"]> = {
  AssignedEvent: "assigned",
  ReviewRequestedEvent: "review_requested",
  ReopenedEvent: "reopened",
};
const asking: Record<PullAsk, string> = { work: "AssignedEvent", review: "ReviewRequestedEvent" };

interface Entry {
  __typename: string;
  id: string;
  createdAt: string;
  actor: Actor | null;
  assignee?: { databaseId?: number } | null;
  requestedReviewer?: { databaseId?: number } | null;
}

interface WorkNode {
  id: string;
  timelineItems: { nodes: (Entry | null)[] | null } | null;
}

/**
 * The people who gave issues and pull requests to the agent, or reopened them since then, by the works' ids in the
 * GraphQL API. `works` says what the agent is asked to do with each; for an issue, that is `work`.
 */
export async function findWorkRequests(
  octokit: Octokit,
  works: ReadonlyMap<string, PullAsk>,
  agentId: number,
): Promise<Map<string, WorkRequest>> {
  const timelines = await readTimelines(octokit, [...works.keys()], agentId);
  return new Map(
    timelines.flatMap(([id, entries]): [string, WorkRequest][] => {
      const type = asking[works.get(id) ?? "work"];
      const given = entries.findLastIndex(({ __typename }) => __typename === type);
      const isRequest = ({ __typename }: Entry) => __typename === type || __typename === "ReopenedEvent";
      const last = given < 0 ? undefined : entries.slice(given).findLast(isRequest);
      // The account is gone, so its permission can't be checked.
      return last?.actor ? [[id, requestOf(last, last.actor)]] : [];
    }),
  );
}

/**
 * The pull requests where somebody has removed the last request for the agent's review. Submitting a review also ends the
 * request, but leaves no such entry.
 */
export async function findWithdrawnReviews(
  octokit: Octokit,
  pulls: readonly string[],
  agentId: number,
): Promise<Set<string>> {
  const timelines = await readTimelines(octokit, pulls, agentId);
  const isWithdrawn = (entries: Entry[]) =>
    entries.findLast(({ __typename: type }) => type.startsWith("ReviewRequest"))?.__typename ===
    "ReviewRequestRemovedEvent";
  return new Set(timelines.flatMap(([id, entries]) => (isWithdrawn(entries) ? [id] : [])));
}

/** The entries about the agent or about nobody in particular, oldest first. */
async function readTimelines(
  octokit: Octokit,
  ids: readonly string[],
  agentId: number,
): Promise<[string, Entry[]][]> {
  const isAgents = ({ __typename: type, assignee, requestedReviewer }: Entry) =>
    type === "ReopenedEvent" || (assignee ?? requestedReviewer)?.databaseId === agentId;
  const nodes = await askForAllNodes<WorkNode>(octokit, query, ids);
  return nodes.map(({ id, timelineItems }) => [
    id,
    (timelineItems?.nodes ?? []).filter((entry) => entry !== null).filter(isAgents),
  ]);
}

function requestOf({ __typename: type, id, createdAt: at }: Entry, actor: Actor): WorkRequest {
  return { id, action: actions[type] ?? "assigned", sender: personOf(actor), at };
}
