import type { Octokit } from "@octokit/rest";
import { askForAllNodes, atOnce } from "./graphql.js";

const query = `query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on PullRequest {
      id
      commits(last: 1) {
        nodes { commit { checkSuites(first: ${atOnce}) { nodes { conclusion } } } }
      }
    }
  }
}`;

interface PullNode {
  id: string;
  commits: {
    nodes: ({
      commit: { checkSuites: { nodes: ({ conclusion: string | null } | null)[] | null } | null };
    } | null)[];
  } | null;
}

const failures = ["FAILURE", "TIMED_OUT", "STARTUP_FAILURE"];

/** Those pull requests, by their ids in the GraphQL API, on whose newest commit a check has failed. */
export async function findFailedHeads(octokit: Octokit, pulls: readonly string[]): Promise<Set<string>> {
  const nodes = await askForAllNodes<PullNode>(octokit, query, pulls);
  const failed = nodes.filter(({ commits }) =>
    (commits?.nodes ?? [])
      .flatMap((node) => node?.commit.checkSuites?.nodes ?? [])
      .some((suite) => failures.includes(suite?.conclusion ?? "")),
  );
  return new Set(failed.map(({ id }) => id));
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
