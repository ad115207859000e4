import type { Repository } from "../repositories/repository.js";
import type { Json } from "../rest/rest.js";
import type { Actions } from "./actions.js";
import type { CheckRuns } from "./check-runs.js";
import type { CommitStatuses } from "./commit-statuses.js";

interface Reports {
  actions: Actions;
  checkRuns: CheckRuns;
  statuses: CommitStatuses;
}

const passed = ["SUCCESS", "NEUTRAL", "SKIPPED"];

/** All check runs and statuses of a commit in GraphQL, a hundred at most; null if there are none. */
export function statusCheckRollup({ actions, checkRuns, statuses }: Reports, repo: Repository, oid: string) {
  const ofActions = actions.ofCommit(repo, oid).flatMap((run) => {
    const jobs = run.jobs.filter(({ attempt }) => attempt === run.attempt);
    const { number: runNumber, event, workflow, createdAt: startedAt } = run;
    const workflowRun = { runNumber, event, workflow: { name: workflow } };
    const checkSuite = { app: { databaseId: 15368 }, workflowRun };
    const named = jobs.length > 0 ? jobs : [{ name: run.workflow, conclusion: run.conclusion }];
    return named.map(({ name, conclusion }) => checkRun({ name, conclusion, startedAt }, checkSuite));
  });
  const ofApps = checkRuns
    .latestOf(repo, oid)
    .map(({ app, ...run }) =>
      checkRun(run, { app: { databaseId: app?.id ?? Number(checkRuns.auth.appId) }, workflowRun: null }),
    );
  const contexts = statuses.ofCommit(repo, oid).map(({ context, state }) => statusContext(context, state));
  const nodes = [...ofActions, ...ofApps, ...contexts];
  if (nodes.length === 0) return null;
  const words = nodes.map(({ conclusion, state }) => state ?? conclusion ?? "PENDING");
  const hasFailed = words.some((word) => word !== "PENDING" && !passed.includes(word));
  const state = hasFailed ? "FAILURE" : words.includes("PENDING") ? "PENDING" : "SUCCESS";
  const pageInfo = { hasNextPage: nodes.length > 100, endCursor: null };
  return { state, contexts: { totalCount: nodes.length, pageInfo, nodes: nodes.slice(0, 100) } };
}

/** In a union, each node has only the fields of its own type; the others are `undefined`. */
const checkRun = (
  { name, conclusion, startedAt }: { name: string; conclusion: string | null; startedAt: string },
  checkSuite: Json,
) => ({
  __typename: "CheckRun",
  name,
  startedAt,
  status: conclusion === null ? "IN_PROGRESS" : "COMPLETED",
  conclusion: conclusion?.toUpperCase() ?? null,
  checkSuite,
  context: undefined,
  state: undefined,
});

const statusContext = (context: string, state: string) => ({
  __typename: "StatusContext",
  context,
  state: state.toUpperCase(),
  name: undefined,
  startedAt: undefined,
  conclusion: undefined,
  checkSuite: undefined,
});
