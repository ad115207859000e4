import type { Octokit } from "@octokit/rest";
import { askForAllNodes, atOnce } from "./graphql.js";

/** Without a permission, GitHub leaves out only its field, so fields that are requested separately fail separately. */
const query = `query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on PullRequest {
      id
      mergeable
      baseRefName
      baseRefOid
      baseRef { target { oid } }
      commits(last: 1) {
        nodes {
          commit {
            checkSuites(first: ${atOnce}) { nodes { id status conclusion updatedAt app { slug } } }
            status { contexts { id state } }
          }
        }
      }
    }
  }
}`;

interface PullNode {
  id: string;
  mergeable: "MERGEABLE" | "CONFLICTING" | "UNKNOWN";
  baseRefName: string;
  /** A commit that the base branch had. */
  baseRefOid: string;
  baseRef: { target: { oid: string } | null } | null;
  commits: { nodes: ({ commit: CommitNode } | null)[] } | null;
}

interface CommitNode {
  checkSuites: { nodes: (SuiteNode | null)[] | null } | null;
  status: { contexts: { id: string; state: string }[] } | null;
}

interface SuiteNode {
  id: string;
  status: string;
  conclusion: string | null;
  updatedAt: string;
  app: { slug: string } | null;
}

/** Everything that is wrong with the newest commit of a pull request. */
export interface PullHead {
  /** Workflow runs of GitHub Actions have failed. */
  hasFailedRuns: boolean;
  /** Check runs or statuses of other CI have failed. */
  hasFailedReports: boolean;
  /** Other checks of the commit are running or queued. */
  isRunning: boolean;
  /** Changes when something else fails, or the same thing fails again; "" if nothing has failed. */
  failures: string;
  /**
   * The pull request conflicts with its base branch: that branch and its newest commit. Left out while GitHub is
   * computing this; the query starts the computation.
   */
  conflict?: { branch: string; sha: string };
}

const failedSuites = ["FAILURE", "TIMED_OUT", "STARTUP_FAILURE"];
const failedStates = ["FAILURE", "ERROR"];

/** The newest commits of pull requests, by the pull requests' ids in the GraphQL API. */
export async function findHeads(octokit: Octokit, pulls: readonly string[]): Promise<Map<string, PullHead>> {
  const nodes = await askForAllNodes<PullNode>(octokit, query, pulls);
  return new Map(nodes.map((node) => [node.id, headOf(node)]));
}

function headOf({ mergeable, baseRefName: branch, baseRefOid, baseRef, commits }: PullNode): PullHead {
  const commit = commits?.nodes[0]?.commit;
  const suites = (commit?.checkSuites?.nodes ?? []).filter((suite) => suite !== null);
  const contexts = commit?.status?.contexts ?? [];
  const failed = suites.filter(({ conclusion }) => failedSuites.includes(conclusion ?? ""));
  const statuses = contexts.filter(({ state }) => failedStates.includes(state));
  const isOfActions = ({ app }: SuiteNode) => app?.slug === "github-actions";
  return {
    hasFailedRuns: failed.some(isOfActions),
    hasFailedReports: statuses.length > 0 || !failed.every(isOfActions),
    isRunning:
      suites.some(({ status }) => status !== "COMPLETED") ||
      contexts.some(({ state }) => state === "PENDING"),
    failures: [...failed.map(({ id, updatedAt }) => `${id}@${updatedAt}`), ...statuses.map(({ id }) => id)]
      .sort()
      .join(" "),
    ...(mergeable === "CONFLICTING" && { conflict: { branch, sha: baseRef?.target?.oid ?? baseRefOid } }),
  };
}

/** The completed workflow runs of a commit. */
export async function listRunsOfCommit(
  octokit: Octokit,
  { owner, name }: { owner: string; name: string },
  sha: string,
) {
  const { listWorkflowRunsForRepo } = octokit.rest.actions;
  const asked = { owner, repo: name, head_sha: sha, status: "completed", per_page: atOnce } as const;
  return octokit.paginate(listWorkflowRunsForRepo, asked);
}
