import type { Octokit } from "@octokit/rest";
import { log } from "../runtime/log.js";
import { askForNodes, atOnce, type GraphqlError } from "./graphql.js";

/** Pull requests that one query asks for: a query must be answered within ten seconds. */
export const pullsAtOnce = 20;

const query = `query ($ids: [ID!]!, $file: String!) {
  nodes(ids: $ids) {
    ... on PullRequest {
      id
      mergeable
      repository { object(expression: $file) { ... on Blob { text } } }
      commits(last: 1) {
        nodes {
          commit {
            oid
            statusCheckRollup {
              state
              contexts(first: ${atOnce}) {
                pageInfo { hasNextPage }
                nodes {
                  __typename
                  ... on CheckRun { name conclusion checkSuite { workflowRun { workflow { name } } } }
                  ... on StatusContext { context state }
                }
              }
            }
          }
        }
      }
    }
  }
}`;

interface CheckRunNode {
  __typename: "CheckRun";
  name: string;
  conclusion: string | null;
  checkSuite: { workflowRun: { workflow: { name: string } | null } | null } | null;
}

interface StatusNode {
  __typename: "StatusContext";
  context: string;
  state: string;
}

interface Rollup {
  state: string;
  contexts: { pageInfo: { hasNextPage: boolean }; nodes: (CheckRunNode | StatusNode | null)[] | null };
}

interface PullNode {
  id: string;
  mergeable: "MERGEABLE" | "CONFLICTING" | "UNKNOWN";
  repository: { object: { text?: string | null } | null } | null;
  commits: { nodes: ({ commit: { oid: string; statusCheckRollup: Rollup | null } } | null)[] | null } | null;
}

export type CheckOutcome = "passed" | "failed" | "running";

/** A check run or status of a commit. `names`: its own, and that of its workflow. */
export interface Check {
  names: string[];
  outcome: CheckOutcome;
}

/** What CI says about the newest commit of a pull request. */
export interface HeadChecks {
  headSha: string;
  checks: Check[];
  /** As far as GitHub has computed it. */
  hasConflict: boolean;
  /** The text of the file that was asked for. */
  file: string | undefined;
}

/**
 * What CI says about pull requests, at most `pullsAtOnce` of them, by their ids in the GraphQL API. `file` is a path at the
 * head of the default branch. What GitHub does not show is left out.
 */
export async function checksOfPulls(
  octokit: Octokit,
  ids: readonly string[],
  file: string,
): Promise<Map<string, HeadChecks>> {
  const found = new Map<string, HeadChecks>();
  const { nodes, errors } = await askForNodes<PullNode>(octokit, query, ids, { file: `HEAD:${file}` });
  for (const [index, node] of nodes.entries()) {
    const shown = node ? checksIn(node, errors, index) : undefined;
    if (node && shown) found.set(node.id, shown);
  }
  if (errors.length > 0) {
    log.warn(
      "GitHub does not show the checks of some pull requests: the App may lack Checks: read or Commit statuses: read",
      {
        reason: errors[0]?.message,
      },
    );
  }
  return found;
}

function checksIn(
  { mergeable, repository, commits }: PullNode,
  errors: readonly GraphqlError[],
  index: number,
): HeadChecks | undefined {
  const commit = commits?.nodes?.at(-1)?.commit;
  if (!commit) return undefined;
  const { oid: headSha, statusCheckRollup: rollup } = commit;
  // Without checks it is null, too.
  const isHidden = errors.some(({ path }) => path?.[1] === index && path.includes("commits"));
  if (!rollup && isHidden) return undefined;
  return {
    headSha,
    checks: rollup ? checksOf(rollup) : [],
    hasConflict: mergeable === "CONFLICTING",
    file: repository?.object?.text ?? undefined,
  };
}

const passed: readonly string[] = ["SUCCESS", "NEUTRAL", "SKIPPED"];
/** `null` while a check run is not completed. `EXPECTED`: a rule requires a status that nobody has reported yet. */
const running: readonly (string | null)[] = [null, "PENDING", "EXPECTED"];

function checksOf({ state, contexts: { pageInfo, nodes } }: Rollup): Check[] {
  const checks = (nodes ?? []).flatMap((node): Check[] => {
    if (!node) return [];
    if (node.__typename === "StatusContext") {
      return [{ names: [node.context], outcome: outcomeOf(node.state) }];
    }
    const workflow = node.checkSuite?.workflowRun?.workflow?.name;
    const names = [node.name, ...(workflow === undefined ? [] : [workflow])];
    return [{ names, outcome: outcomeOf(node.conclusion) }];
  });
  // Of those after the first hundred, and of those that GitHub hides, such as statuses, only the outcome of all is known.
  const areAllShown = !pageInfo.hasNextPage && nodes?.every((node) => node !== null);
  return areAllShown ? checks : [...checks, { names: [], outcome: outcomeOf(state) }];
}

function outcomeOf(word: string | null): CheckOutcome {
  if (running.includes(word)) return "running";
  return word !== null && passed.includes(word) ? "passed" : "failed";
}
