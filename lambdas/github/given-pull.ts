import type { Octokit } from "@octokit/rest";
import { isRefusal } from "../model/errors.js";
import type { PullAsk } from "../model/event.js";
import type { RepositoryName } from "./contents.js";
import { askForAllNodes, atOnce } from "./graphql.js";

/** A pull request as far as it says what the agent may be asked to do with it. Accounts are given by their ids. */
export interface GivenPull {
  author: number | undefined;
  assignees: number[];
  /** Whose review is requested. Who has submitted one is not among them any more. */
  reviewers: number[];
  isOpen: boolean;
  isMerged: boolean;
  /** ISO 8601. */
  updatedAt: string;
  /** `owner/name` of the fork that its branch is in; "" if that is gone, `undefined` if it is in the repository itself. */
  fork: string | undefined;
  /** Whether its author lets those who may push to the repository push to its branch, if that is in a fork. */
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

/** Who is assigned works on it, even if its review is requested, too. `agent` is the id of the agent's account. */
export function askOf(
  { assignees, reviewers }: Pick<GivenPull, "assignees" | "reviewers">,
  agent: number,
): PullAsk | undefined {
  if (assignees.includes(agent)) return "work";
  return reviewers.includes(agent) ? "review" : undefined;
}

// A pull request has ten assignees at most. A team that is asked to review has no fields of a user.
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
 * What the agent is asked to do with pull requests, by their ids in the GraphQL API; those that it is not asked for are
 * not in it. Takes one request for each hundred of them.
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
