import type { HttpReply, HttpRequest } from "../../http/http-server.js";
import type { AppAuth } from "../app/app-auth.js";
import { fileNode } from "../contents/file-node.js";
import type { IssueComments } from "../issues/issue-comments.js";
import type { Issue, Issues } from "../issues/issues.js";
import { actorNode, type NodeAnswers, selected, selection } from "../pulls/graphql.js";
import type { Repositories } from "../repositories/repositories.js";
import { htmlUrl, nodeId, type Repository } from "../repositories/repository.js";
import { asObject } from "../rest/examples.js";
import type { Json } from "../rest/rest.js";
import { type PullStores, pullNode, timelineItems, wholePullNode } from "./pull-nodes.js";

/** The stores that hold the nodes. */
export interface NodeStores extends PullStores {
  auth: AppAuth;
  repositories: Repositories;
  issues: Issues;
  comments: IssueComments;
}

/** A node that a query asks for, and the repository that it belongs to. */
interface Found {
  repo: Repository;
  node: Json;
}

/**
 * GraphQL's `nodes(ids: …)` for repositories (open issues, pull requests and one file), issues (timelines), pull requests
 * (reviews, and the CI results of their newest commits) and comments (editors).
 * https://docs.github.com/graphql/reference/queries#node
 */
export class NodeQueries implements NodeAnswers {
  constructor(private readonly stores: NodeStores) {}

  answer(request: HttpRequest, query: string, variables: Json): HttpReply {
    const ids = Array.isArray(variables.ids) ? variables.ids.map(String) : [];
    if (ids.length > 100)
      return refused("You may not provide more than 100 node ids; you provided too many.");
    const errors: Json[] = [];
    const nodes = ids.map((id, index) => {
      const found = this.#find(id, query, variables);
      if (!found || !this.stores.auth.canSee(request, found.repo)) {
        errors.push({
          type: "NOT_FOUND",
          path: ["nodes", index],
          message: `Could not resolve to a node with the global id of '${id}'`,
        });
        return null;
      }
      this.#hideUnreadable(request, found.node, ["nodes", index], errors);
      return found.node;
    });
    try {
      const data = selected({ nodes }, selection(query));
      return { status: 200, body: { data, ...(errors.length > 0 && { errors }) } };
    } catch (error) {
      return refused(`${error}`);
    }
  }

  /** A field that the token may not read becomes null and gets an error. */
  #hideUnreadable(request: HttpRequest, node: Json, path: (string | number)[], errors: Json[]): void {
    for (const [field, value] of Object.entries(node)) {
      const need = needs[field];
      if (need !== undefined && !this.stores.auth.may(request, need)) {
        const message = "Resource not accessible by integration";
        errors.push({ type: "FORBIDDEN", path: [...path, field], message });
        node[field] = null;
      } else if (field === "commits") {
        const [commit] = asNodes(value).map((one) => asObject(one.commit));
        if (commit) this.#hideUnreadable(request, commit, [...path, field, "nodes", 0, "commit"], errors);
      } else if (field === "statusCheckRollup" && !this.stores.auth.may(request, "statuses: read")) {
        this.#hideStatuses(asObject(value), [...path, field], errors);
      }
    }
  }

  /** Among a commit's checks, GitHub hides each status individually (philips-software/pull-request-report-action#557). */
  #hideStatuses({ contexts }: Json, path: (string | number)[], errors: Json[]): void {
    const { nodes } = asObject(contexts);
    if (!Array.isArray(nodes)) return;
    for (const [index, node] of nodes.entries()) {
      if (node.__typename !== "StatusContext") continue;
      const message = "Resource not accessible by integration";
      errors.push({ type: "FORBIDDEN", path: [...path, "contexts", "nodes", index], message });
      nodes[index] = null;
    }
  }

  #find(id: string, query: string, variables: Json): Found | undefined {
    const [, type, number] = /^0\d+:([A-Za-z]+?)(\d+)$/.exec(Buffer.from(id, "base64").toString()) ?? [];
    switch (type) {
      case "Repository":
        return this.#repository(Number(number), query, variables);
      case "Issue":
        return this.#issue(Number(number));
      case "PullRequest":
        return this.#pull(Number(number), query, variables);
      case "IssueComment": {
        const comment = this.stores.comments.byId(Number(number));
        return comment && { repo: comment.issue.repo, node: commentNode(id, comment) };
      }
      case "PullRequestReviewComment": {
        const comment = this.stores.reviews.commentById(Number(number));
        return comment && { repo: comment.pull.repo, node: commentNode(id, comment) };
      }
      case "PullRequestReview": {
        const review = this.stores.reviews.byId(Number(number));
        return review && { repo: review.pull.repo, node: commentNode(id, { updatedAt: review.submittedAt }) };
      }
      default:
        return undefined;
    }
  }

  #repository(id: number, query: string, variables: Json): Found | undefined {
    const repo = this.stores.repositories.byId(id);
    if (!repo) return undefined;
    const { issues, pulls } = this.stores;
    const isAssigned = ({ assignees }: Issue) =>
      assignees.some(({ login }) => login.toLowerCase() === String(variables.agent).toLowerCase());
    const shown = repo.hasIssues
      ? issues.list(repo).filter((issue) => !issue.isPull && issue.state === "open" && isAssigned(issue))
      : [];
    const node = {
      databaseId: repo.id,
      issues: connection(shown.reverse(), variables.issuesAfter, issueNode),
      pullRequests: connection(pulls.openOf(repo).reverse(), variables.pullsAfter, pullNode),
      object: /\bobject\b/.test(query) ? fileNode(this.stores.contents, repo, String(variables.file)) : null,
    };
    return { repo, node };
  }

  #issue(id: number): Found | undefined {
    for (const repo of this.stores.repositories.all()) {
      const issue = this.stores.issues.list(repo).find((one) => one.id === id && !one.isPull);
      if (issue) return { repo, node: { ...issueNode(issue), timelineItems: timelineItems(issue) } };
    }
    return undefined;
  }

  #pull(id: number, query: string, variables: Json): Found | undefined {
    const pull = this.stores.pulls.byId(id);
    return pull && { repo: pull.repo, node: wholePullNode(this.stores, pull, query, variables) };
  }
}

/** The fields that need a separate permission. */
const needs: Record<string, string> = {
  object: "contents: read",
  commits: "contents: read",
  checkSuites: "checks: read",
  statusCheckRollup: "checks: read",
  status: "statuses: read",
};

const asNodes = (list: unknown): Json[] => [asObject(list).nodes].flat().map(asObject);

/** A page of up to a hundred items. A cursor is an item's position. */
function connection<Item>(items: readonly Item[], after: unknown, toNode: (item: Item) => Json): Json {
  const from = typeof after === "string" ? Number(Buffer.from(after, "base64").toString()) : 0;
  const to = Math.min(items.length, from + 100);
  return {
    totalCount: items.length,
    pageInfo: { hasNextPage: to < items.length, endCursor: Buffer.from(`${to}`).toString("base64") },
    nodes: items.slice(from, to).map(toNode),
  };
}

const issueNode = ({ repo, number, id, title, updatedAt, commentCount }: Issue): Json => ({
  id: nodeId("Issue", id),
  number,
  title,
  url: `${htmlUrl(repo)}/issues/${number}`,
  updatedAt,
  comments: { totalCount: commentCount },
});

const commentNode = (
  id: string,
  { updatedAt, editor }: { updatedAt: string; editor?: Parameters<typeof actorNode>[0] },
): Json => ({
  id,
  lastEditedAt: editor ? updatedAt : null,
  editor: editor ? actorNode(editor) : null,
});

const refused = (message: string): HttpReply => ({ status: 200, body: { errors: [{ message }] } });
