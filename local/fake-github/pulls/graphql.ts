import type { HttpReply, HttpRequest } from "../../http/http-server.js";
import type { AppAuth } from "../app/app-auth.js";
import type { Issue } from "../issues/issues.js";
import type { Repositories } from "../repositories/repositories.js";
import { fullName, htmlUrl, nodeId, type Repository, type User } from "../repositories/repository.js";
import { asObject, isObject } from "../rest/examples.js";
import { body, GitHubError, type Json, type Rest } from "../rest/rest.js";
import type { Pull } from "./pull.js";
import type { Pulls } from "./pulls.js";

/** Answers `nodes(ids: …)` queries. */
export interface NodeAnswers {
  answer(request: HttpRequest, query: string, variables: Json): HttpReply;
}

/**
 * Answers the relay's GraphQL queries: which issues a pull request closes, and who has edited and linked it. There is no
 * GraphQL engine: the arguments are read from the query's text or its variables, and the answer has the fields that the
 * query selects. Aliases and named fragments are not supported. A refusal looks as in GraphQL: status 200 with `errors`.
 */
export class GraphQL {
  constructor(
    readonly auth: AppAuth,
    readonly repositories: Repositories,
    readonly pulls: Pulls,
    readonly nodes: NodeAnswers,
  ) {}

  routes(rest: Rest): void {
    rest.post("/graphql", (request) => this.#answer(request));
  }

  #answer(request: HttpRequest): HttpReply {
    const { query, variables } = body(request);
    if (typeof query === "string" && /\bnodes\s*\(\s*ids\b/.test(query)) {
      return this.nodes.answer(request, query, asObject(variables));
    }
    if (typeof query !== "string" || !/\b(closingIssuesReferences|userContentEdits)\b/.test(query)) {
      return { status: 200, body: { errors: [{ message: "The fake GitHub does not know this query" }] } };
    }
    const argument = (of: string, name: string) => argumentIn(query, asObject(variables), of, name);
    const name = `${argument("repository", "owner")}/${argument("repository", "name")}`;
    const repository = this.repositories.find(name);
    if (!repository || !this.auth.canSee(request, repository)) {
      const message = `Could not resolve to a Repository with the name '${name}'.`;
      return missing({ repository: null }, ["repository"], message);
    }
    const number = Number(argument("pullRequest", "number"));
    const pull = this.#pull(`${fullName(repository)}`, number);
    if (!pull) {
      const message = `Could not resolve to a PullRequest with the number of ${number}.`;
      return missing({ repository: { pullRequest: null } }, ["repository", "pullRequest"], message);
    }
    const first = Number(argument("closingIssuesReferences", "first") ?? 10);
    const issues = this.pulls.closing(pull);
    const shown = issues.slice(0, first);
    const canSee = (issue: Issue) => this.auth.canSee(request, issue.repo);
    const closingIssuesReferences = {
      totalCount: issues.length,
      pageInfo: { hasNextPage: issues.length > first, endCursor: null },
      nodes: shown.map((issue) => (canSee(issue) ? issueNode(issue) : null)),
    };
    const answer = {
      repository: {
        ...repositoryNode(repository),
        pullRequest: { ...pullNode(pull), ...this.#hands(pull), closingIssuesReferences },
      },
    };
    const isAsked = /\bclosingIssuesReferences\b/.test(query);
    const errors = shown.flatMap((issue, i) => (isAsked && !canSee(issue) ? [forbidden(i)] : []));
    try {
      const data = selected(answer, selection(query));
      return { status: 200, body: { data, ...(errors.length > 0 && { errors }) } };
    } catch (error) {
      return { status: 200, body: { errors: [{ message: `${error}` }] } };
    }
  }

  /** The editors of the body and the users who linked issues by hand. */
  #hands({ editors, linked }: Pull): Json {
    const edits = editors.map((editor) => ({ editor: actorNode(editor) }));
    const events = linked.map((link) => {
      const subject = issueNode(this.pulls.issues.get(link));
      // The source is a pull request, which has none of the fields that are queried for issues.
      const source = { number: undefined, repository: undefined };
      return { actor: actorNode(link.by), subject, source };
    });
    return {
      userContentEdits: { totalCount: edits.length, nodes: edits.reverse().slice(0, 100) },
      timelineItems: { totalCount: events.length, nodes: events.slice(0, 100) },
    };
  }

  #pull(repo: string, number: number): Pull | undefined {
    try {
      return this.pulls.get({ repo, number });
    } catch (error) {
      if (error instanceof GitHubError) return undefined;
      throw error;
    }
  }
}

/** The argument `name` of the field `of`: `repository(owner: $owner, …)` or `repository(owner: "octo", …)`. */
function argumentIn(query: string, variables: Json, of: string, name: string): unknown {
  const list = new RegExp(`\\b${of}\\s*\\(([^)]*)\\)`).exec(query)?.[1] ?? "";
  const [, variable, text, number] =
    new RegExp(`\\b${name}\\s*:\\s*(?:\\$(\\w+)|"([^"]*)"|(\\d+))`).exec(list) ?? [];
  return variable === undefined ? (text ?? number) : variables[variable];
}

const issueNode = ({ repo, number, id, title, state }: Issue): Json => ({
  id: nodeId("Issue", id),
  databaseId: id,
  number,
  title,
  state: state.toUpperCase(),
  url: `${htmlUrl(repo)}/issues/${number}`,
  repository: repositoryNode(repo),
});

export const actorNode = ({ login, id, type }: User): Json => ({
  __typename: type,
  login: login.replace(/\[bot\]$/, ""),
  databaseId: id,
});

const pullNode = ({ repo, id, number, issue, headBranch }: Pull): Json => ({
  id: nodeId("PullRequest", id),
  databaseId: id,
  number,
  title: issue.title,
  url: `${htmlUrl(repo)}/pull/${number}`,
  headRefName: headBranch,
});

const repositoryNode = (repo: Repository): Json => ({
  id: nodeId("Repository", repo.id),
  databaseId: repo.id,
  name: repo.name,
  nameWithOwner: fullName(repo),
  owner: { login: repo.owner.login },
});

interface Selection extends Map<string, Selection> {}

/** The fields in a query's outermost braces, each with its own fields. */
export function selection(query: string): Selection {
  const root: Selection = new Map();
  const open: Selection[] = [];
  let last = root;
  for (const [token] of query.matchAll(/\([^)]*\)|\.\.\.\s*on\s+\w+|[{}]|\w+/g)) {
    if (token === "{") open.push(last);
    // The fields of an inline fragment are merged into those around it.
    else if (token.startsWith("...")) last = open.at(-1) ?? root;
    else if (token === "}") open.pop();
    else if (!token.startsWith("(")) {
      const field: Selection = new Map();
      open.at(-1)?.set(token, field);
      if (open.length > 0) last = field;
    }
  }
  return root;
}

export function selected(value: unknown, fields: Selection): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => selected(item, fields));
  if (!isObject(value)) return value;
  const entries = [...fields].map(([name, inner]) => {
    if (!(name in value)) throw new Error(`the fake GitHub does not know the field '${name}'`);
    return [name, selected(value[name], inner)];
  });
  return Object.fromEntries(entries);
}

/** An error for each issue in a repository that the App may not read; the other issues are still returned. */
function forbidden(index: number): Json {
  return {
    type: "FORBIDDEN",
    path: ["repository", "pullRequest", "closingIssuesReferences", "nodes", index],
    extensions: { saml_failure: false },
    locations: [{ line: 1, column: 1 }],
    message: "Resource not accessible by integration",
  };
}

function missing(data: Json, path: string[], message: string): HttpReply {
  const line = { line: 1, column: 1 };
  return { status: 200, body: { data, errors: [{ type: "NOT_FOUND", path, locations: [line], message }] } };
}
