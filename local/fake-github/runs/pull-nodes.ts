import type { Contents } from "../contents/contents.js";
import { fileNode } from "../contents/file-node.js";
import type { Issue } from "../issues/issues.js";
import type { TimelineEvent } from "../issues/timeline.js";
import { actorNode } from "../pulls/graphql.js";
import { headSha, type Pull } from "../pulls/pull.js";
import type { Pulls } from "../pulls/pulls.js";
import type { Reviews } from "../pulls/reviews.js";
import { htmlUrl, nodeId } from "../repositories/repository.js";
import type { Json } from "../rest/rest.js";
import type { Actions } from "./actions.js";
import type { CheckRuns } from "./check-runs.js";
import type { CommitStatuses } from "./commit-statuses.js";
import { statusCheckRollup } from "./rollup.js";

/** The stores from which a pull request's node is built. */
export interface PullStores {
  pulls: Pulls;
  reviews: Reviews;
  actions: Actions;
  checkRuns: CheckRuns;
  statuses: CommitStatuses;
  contents: Contents;
}

/** A pull request in GraphQL's lists. */
export const pullNode = (pull: Pull): Json => ({
  id: nodeId("PullRequest", pull.id),
  number: pull.number,
  title: pull.issue.title,
  url: `${htmlUrl(pull.repo)}/pull/${pull.number}`,
  updatedAt: pull.issue.updatedAt,
  isDraft: pull.draft,
  headRefName: pull.headBranch,
  headRefOid: headSha(pull),
  headRepository: { databaseId: pull.headRepo.id },
  author: actorNode(pull.issue.user),
});

/** A pull request with its reviews, its newest commit, and whether it can be merged. */
export function wholePullNode(stores: PullStores, pull: Pull, query: string, { before, file }: Json): Json {
  const { contents, pulls } = stores;
  const tip = contents.resolve(pull.repo, pull.base);
  return {
    ...pullNode(pull),
    repository: { object: fileNode(contents, pull.repo, String(file)) },
    mergeable: /\bmergeable\b/.test(query) ? mergeableOf(pulls.look(pull)) : "UNKNOWN",
    baseRefName: pull.base,
    baseRefOid: pull.baseSha,
    baseRef: tip ? { target: { oid: tip } } : null,
    commits: { nodes: [{ commit: commitOf(stores, pull) }] },
    reviews: reviewsOf(stores, pull, before),
    assignees: { nodes: pull.issue.assignees.map(actorNode) },
    reviewRequests: { nodes: pull.reviewers.map((user) => ({ requestedReviewer: actorNode(user) })) },
    timelineItems: timelineItems(pull.issue),
  };
}

/** The last hundred entries of a timeline, of all types. */
export function timelineItems({ timeline }: Issue): Json {
  const nodes = timeline.slice(-100).map(eventNode);
  return { totalCount: nodes.length, nodes };
}

const eventNode = ({ type, id, actor, assignee, reviewer, createdAt }: TimelineEvent): Json => ({
  __typename: type,
  id: nodeId(type, id),
  actor: actorNode(actor),
  assignee: assignee && actorNode(assignee),
  requestedReviewer: reviewer && actorNode(reviewer),
  createdAt,
});

/** https://docs.github.com/graphql/reference/enums#mergeablestate */
function mergeableOf(isMergeable: boolean | null): string {
  if (isMergeable === null) return "UNKNOWN";
  return isMergeable ? "MERGEABLE" : "CONFLICTING";
}

/** A commit with a check suite for each run, and its statuses (`null` if it has none). */
function commitOf({ actions, checkRuns, statuses }: PullStores, pull: Pull): Json {
  const oid = headSha(pull);
  const ofActions = actions.ofCommit(pull.repo, oid).map(({ id, conclusion, updatedAt }) => {
    return { type: "Run", id, conclusion, updatedAt, app: { slug: "github-actions" } };
  });
  const ofApps = checkRuns.ofCommit(pull.repo, oid).map(({ id, conclusion, startedAt, completedAt, app }) => {
    return { type: "CheckRun", id, conclusion, updatedAt: completedAt ?? startedAt, app };
  });
  const suites = [...ofActions, ...ofApps].map(({ type, id, conclusion, updatedAt, app }) => ({
    id: nodeId(`${type}Suite`, id),
    status: conclusion === null ? "IN_PROGRESS" : "COMPLETED",
    conclusion: conclusion?.toUpperCase() ?? null,
    updatedAt,
    app: { slug: app?.slug ?? "own" },
  }));
  const contexts = statuses
    .ofCommit(pull.repo, oid)
    .map(({ id, state }) => ({ id: nodeId("StatusContext", id), state: state.toUpperCase() }));
  return {
    oid,
    checkSuites: { nodes: suites },
    status: contexts.length > 0 ? { contexts } : null,
    statusCheckRollup: statusCheckRollup({ actions, checkRuns, statuses }, pull.repo, oid),
  };
}

/** The last hundred reviews before a cursor. A cursor is a review's position. */
function reviewsOf({ reviews }: PullStores, pull: Pull, before: unknown): Json {
  const all = reviews.of(pull);
  const to = typeof before === "string" ? Number(before) : all.length;
  const from = Math.max(0, to - 100);
  return {
    totalCount: all.length,
    pageInfo: { hasPreviousPage: from > 0, startCursor: `${from}` },
    nodes: all.slice(from, to).map(({ id, user, state, body, submittedAt }) => ({
      id: nodeId("PullRequestReview", id),
      fullDatabaseId: `${id}`,
      url: `${htmlUrl(pull.repo)}/pull/${pull.number}#pullrequestreview-${id}`,
      author: actorNode(user),
      state: state.toUpperCase(),
      body,
      submittedAt,
    })),
  };
}
