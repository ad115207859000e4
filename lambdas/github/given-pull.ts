import type { Octokit } from "@octokit/rest";
import { isRefusal } from "../model/errors.js";
import type { PullAsk } from "../model/event.js";
import type { RepositoryName } from "./contents.js";
import { askForAllNodes, atOnce } from "./graphql.js";

/**
 * The parts of a pull request that show what the agent is asked to do with it, and whether it can. Accounts are
 * identified by their ids.
 */
export interface GivenPull {
  author: number | undefined;
  assignees: number[];
  /** The accounts whose review is requested. Accounts that have submitted one are no longer in the list. */
  reviewers: number[];
  isOpen: boolean;
  isMerged: boolean;
  /** ISO 8601. */
  updatedAt: string;
  /** `owner/name` of the fork that its branch is in; "" if that is gone, `undefined` if it is in the repository itself. */
  fork: string | undefined;
  /**
   * If its branch is in a fork: whether its author lets everybody who may push to the repository push to that branch.
   */
  isOpenToMaintainers: boolean;
}

/** `undefined` if GitHub does not show it. */
export async function readGivenPull(
  octokit: Octokit,
  { owner, name: repo }: RepositoryName,
  number: number,
): Promise<GivenPull | undefined> {
  try {
    const { data } = await octokit.rest.pulls.get({ owner, repo, pull_number: number });
    const idsOf = (people: readonly { id: number | bigint }[] | null | undefined) =>
      (people ?? []).map(({ id }) => Number(id));
    const { base } = data;
    // The types don't know that a fork can be gone.
    const head: { repo: { id: number | bigint; full_name: string } | null } = data.head;
    return {
      author: idsOf(data.user && [data.user])[0],
      assignees: idsOf(data.assignees),
      reviewers: idsOf(data.requested_reviewers),
      isOpen: data.state === "open",
      isMerged: data.merged,
      updatedAt: data.updated_at,
      fork: head.repo?.id === base.repo.id ? undefined : (head.repo?.full_name ?? ""),
      isOpenToMaintainers: data.maintainer_can_modify,
    };
  } catch (error) {
    if (isRefusal(error, 404, 410)) return undefined;
    throw error;
  }
}

/**
 * If the agent is assigned, it works on the pull request, even if its review is also requested. `agent` is the id of the
 * agent's account.
 */
export function askOf(
  { assignees, reviewers }: Pick<GivenPull, "assignees" | "reviewers">,
  agent: number,
): PullAsk | undefined {
  if (assignees.includes(agent)) return "work";
  return reviewers.includes(agent) ? "review" : undefined;
}

// A pull request has ten assignees at most. A requested team has no user fields.
const query = `query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on PullRequest {
      id
      assignees(first: 10) { nodes { databaseId } }
      reviewRequests(first: ${atOnce}) { nodes { requestedReviewer { ... on User { databaseId } } } }
    }
  }
}`;

interface AskedUser {
  databaseId?: number;
}

interface PullNode {
  id: string;
  assignees: { nodes: (AskedUser | null)[] | null } | null;
  reviewRequests: { nodes: ({ requestedReviewer: AskedUser | null } | null)[] | null } | null;
}

/**
 * What the agent is asked to do with pull requests, by their ids in the GraphQL API. Pull requests that don't ask the
 * agent for anything are left out. Takes one request per hundred pull requests.
 */
export async function findAsks(
  octokit: Octokit,
  pulls: readonly string[],
  agent: number,
): Promise<Map<string, PullAsk>> {
  const nodes = await askForAllNodes<PullNode>(octokit, query, pulls);
  return new Map(
    nodes.flatMap(({ id, assignees, reviewRequests }): [string, PullAsk][] => {
      const ask = askOf(
        {
          assignees: idsIn(assignees?.nodes),
          reviewers: idsIn(reviewRequests?.nodes?.map((request) => request?.requestedReviewer ?? null)),
        },
        agent,
      );
      return ask ? [[id, ask]] : [];
    }),
  );
}

function idsIn(users: readonly (AskedUser | null)[] | null | undefined): number[] {
  return (users ?? []).flatMap((user) => user?.databaseId ?? []);
}
