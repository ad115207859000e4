import type { Octokit } from "@octokit/rest";
import { isSuccessful } from "../model/conclusion.js";
import { log } from "../runtime/log.js";
import { askForNodes, atOnce, type GraphqlError } from "./graphql.js";

/** The number of pull requests in one query. GitHub has to answer a query within ten seconds. */
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
                  ... on CheckRun {
                    name
                    conclusion
                    startedAt
                    checkSuite { app { databaseId } workflowRun { runNumber event workflow { name } } }
                  }
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
  /** `null` if it has not started yet. */
  startedAt: string | null;
  checkSuite: {
    app: { databaseId: number | null } | null;
    workflowRun: { runNumber: number; event: string; workflow: { name: string } | null } | null;
  } | null;
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

/** A check run or status of a commit. */
export interface Check {
  /** Its own name, and that of its workflow. */
  names: string[];
  /** The id of the GitHub App that made it; a status has none. */
  app?: string;
  outcome: CheckOutcome;
}

/** The CI results for the newest commit of a pull request. */
export interface HeadChecks {
  headSha: string;
  checks: Check[];
  /** `false` if there is a conflict; `undefined` while GitHub is computing it. */
  isMergeable: boolean | undefined;
  /** The text of the requested file. */
  file: string | undefined;
}

/**
 * The CI results of pull requests, by their ids in the GraphQL API; at most `pullsAtOnce` of them. `file` is a path at
 * the head of the default branch. Pull requests that GitHub does not show are left out.
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
  // Without checks, it is also null.
  const isHidden = errors.some(({ path }) => path?.[1] === index && path.includes("commits"));
  if (!rollup && isHidden) return undefined;
  return {
    headSha,
    checks: rollup ? checksOf(rollup) : [],
    isMergeable: mergeable === "UNKNOWN" ? undefined : mergeable === "MERGEABLE",
    file: repository?.object?.text ?? undefined,
  };
}

/** `null`: a check run is not completed. `EXPECTED`: a rule requires a status that nobody has reported yet. */
const running: readonly (string | null)[] = [null, "PENDING", "EXPECTED"];

function checksOf({ state, contexts: { pageInfo, nodes } }: Rollup): Check[] {
  const shown = (nodes ?? []).filter((node) => node !== null);
  const statuses = shown.filter((node) => node.__typename === "StatusContext");
  const runs = shown.filter((node) => node.__typename === "CheckRun");
  const checks = [
    ...statuses.map(({ context, state }): Check => ({ names: [context], outcome: outcomeOf(state) })),
    ...newestOf(runs).map(checkOf),
  ];
  // For checks after the first hundred, and those that GitHub hides (such as statuses), only the overall outcome is
  // known.
  const areAllShown = !pageInfo.hasNextPage && nodes?.every((node) => node !== null);
  return areAllShown ? checks : [...checks, { names: [], outcome: outcomeOf(state) }];
}

function checkOf({ name, conclusion, checkSuite }: CheckRunNode): Check {
  const workflow = checkSuite?.workflowRun?.workflow?.name;
  const app = checkSuite?.app?.databaseId;
  return {
    names: [name, ...(workflow === undefined ? [] : [workflow])],
    ...(app != null && { app: String(app) }),
    outcome: outcomeOf(conclusion),
  };
}

/**
 * A workflow can run again for the same commit, for example when a label is added, and other CI can report again. Among
 * check runs of the same name, the newest counts, as on GitHub's pages (`eliminateDuplicates` in cli/cli).
 */
function newestOf(runs: readonly CheckRunNode[]): CheckRunNode[] {
  const newest = new Map<string, number>();
  for (const run of runs) {
    const key = keyOf(run);
    newest.set(key, Math.max(newest.get(key) ?? 0, orderOf(run)));
  }
  return runs.filter((run) => orderOf(run) === newest.get(keyOf(run)));
}

function keyOf({ name, checkSuite }: CheckRunNode): string {
  const { app, workflowRun } = checkSuite ?? {};
  return JSON.stringify([name, app?.databaseId, workflowRun?.workflow?.name, workflowRun?.event]);
}

function orderOf({ startedAt, checkSuite }: CheckRunNode): number {
  const started = startedAt === null ? Number.POSITIVE_INFINITY : Date.parse(startedAt);
  return checkSuite?.workflowRun?.runNumber ?? started;
}

function outcomeOf(word: string | null): CheckOutcome {
  if (running.includes(word)) return "running";
  return isSuccessful(word) ? "passed" : "failed";
}
