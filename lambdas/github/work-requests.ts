import type { Octokit } from "@octokit/rest";
import type { Person } from "../model/event.js";
import { type Actor, accountFields, askForAllNodes, atOnce, personOf } from "./graphql.js";

/** How an issue came to be the agent's: the newest entry of its timeline that says so. */
export interface WorkRequest {
  /** The entry's id in the GraphQL API. */
  id: string;
  action: "assigned" | "reopened";
  sender: Person;
  /** ISO 8601. */
  at: string;
}

// REST names the assignee as the actor of an assignment (https://github.com/google/go-github/pull/615).
const query = `query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Issue {
      id
      timelineItems(last: ${atOnce}, itemTypes: [ASSIGNED_EVENT, REOPENED_EVENT]) {
        nodes {
          __typename
          ... on AssignedEvent {
            id
            createdAt
            actor { ${accountFields} }
            assignee { ... on User { databaseId } }
          }
          ... on ReopenedEvent {
            id
            createdAt
            actor { ${accountFields} }
          }
        }
      }
    }
  }
}`;

interface Entry {
  __typename: string;
  id: string;
  createdAt: string;
  actor: Actor | null;
  assignee?: { databaseId?: number } | null;
}

interface IssueNode {
  id: string;
  timelineItems: { nodes: (Entry | null)[] | null } | null;
}

/** Who has assigned the agent to issues, or reopened them since, by the issues' ids in the GraphQL API. */
export async function findWorkRequests(
  octokit: Octokit,
  issues: readonly string[],
  agentId: number,
): Promise<Map<string, WorkRequest>> {
  const nodes = await askForAllNodes<IssueNode>(octokit, query, issues);
  return new Map(
    nodes.flatMap(({ id, timelineItems }): [string, WorkRequest][] => {
      const entries = (timelineItems?.nodes ?? []).filter((entry) => entry !== null);
      const assigned = entries.findLastIndex(({ assignee }) => assignee?.databaseId === agentId);
      const last = assigned < 0 ? undefined : entries.slice(assigned).findLast(isRequest(agentId));
      // The account is gone: nobody can be asked for its permission.
      return last?.actor ? [[id, requestOf(last, last.actor)]] : [];
    }),
  );
}

function isRequest(agentId: number): (entry: Entry) => boolean {
  return ({ __typename: type, assignee }) => type === "ReopenedEvent" || assignee?.databaseId === agentId;
}

function requestOf({ __typename: type, id, createdAt: at }: Entry, actor: Actor): WorkRequest {
  return { id, action: type === "ReopenedEvent" ? "reopened" : "assigned", sender: personOf(actor), at };
}
