import type { Octokit } from "@octokit/rest";
import { isRefusal } from "../model/errors.js";
import { log } from "../runtime/log.js";
import type { RepositoryName } from "./contents.js";
import { type Actor, partialAnswer } from "./graphql.js";

/** An issue that a pull request closes, usually in the same repository. */
export interface ClosingReference {
  repositoryId: number;
  repository: RepositoryName;
  issue: number;
}

export interface ClosingReferences {
  issues: ClosingReference[];
  /**
   * Whether the list is complete, as far as the App may read the issues; `false` if GitHub's answer had other errors.
   */
  areCertain: boolean;
}

/** Everybody besides the author who may have changed which issues a pull request is linked to. */
export interface Hands {
  /** The people who edited its text. */
  editors: Actor[];
  /** The people who linked issues by hand in the sidebar, with these issues. */
  linkers: { actor: Actor; issues: ClosingReference[] }[];
}

/** The most that one GraphQL list returns. */
const atOnce = 100;

/** The links between one repository's pull requests and issues. */
export class PullLinks {
  constructor(
    private readonly octokit: Octokit,
    private readonly repository: { owner: string; name: string },
  ) {}

  /** The issues that a pull request closes once it is merged, as far as the App may read them. */
  async closingReferences(pull: number): Promise<ClosingReferences> {
    try {
      const answer = await this.#ask<ClosingAnswer>(closingQuery, pull);
      return { issues: referencesOf(answer), areCertain: true };
    } catch (error) {
      if (isRefusal(error, 404)) return { issues: [], areCertain: true };
      const { message, data, errors } = partialAnswer<ClosingAnswer>(error);
      log.warn("GitHub does not list all issues that a pull request closes", { pull, reason: message });
      // An issue in a repository that the App may not read is null in the list and has its own error.
      const areAllOfIssues = errors.every(
        ({ type, path = [] }) => isUnreadable(type) && path.includes("nodes"),
      );
      return { issues: referencesOf(data), areCertain: areAllOfIssues && listOf(data) !== undefined };
    }
  }

  /** The people who edited and linked a pull request; `undefined` if GitHub does not name all of them. */
  async hands(pull: number): Promise<Hands | undefined> {
    try {
      const answer = await this.#ask<HandsAnswer>(handsQuery, pull);
      return handsOf(answer.repository?.pullRequest ?? undefined);
    } catch (error) {
      if (isRefusal(error, 404)) return undefined;
      const { message } = partialAnswer(error);
      log.warn("GitHub does not say who has linked a pull request", { pull, reason: message });
      return undefined;
    }
  }

  #ask<Answer>(query: string, pull: number): Promise<Answer> {
    const { owner, name: repo } = this.repository;
    return this.octokit.graphql<Answer>(query, { owner, repo, pull });
  }
}

function isUnreadable(type: string | undefined): boolean {
  return type === "FORBIDDEN" || type === "NOT_FOUND";
}

const issueFields = "... on Issue { number repository { databaseId nameWithOwner } }";
const closingQuery = `query ($owner: String!, $repo: String!, $pull: Int!) {
  repository(owner: $owner, name: $repo) {
    pullRequest(number: $pull) {
      closingIssuesReferences(first: ${atOnce}) { nodes { ${issueFields} } }
    }
  }
}`;

interface IssueNode {
  number?: number;
  repository?: { databaseId: number | null; nameWithOwner: string };
}

interface ClosingAnswer {
  repository?: {
    pullRequest?: { closingIssuesReferences?: { nodes?: (IssueNode | null)[] | null } | null } | null;
  } | null;
}

function listOf(answer: ClosingAnswer | undefined): (IssueNode | null)[] | undefined {
  return answer?.repository?.pullRequest?.closingIssuesReferences?.nodes ?? undefined;
}

function referencesOf(answer: ClosingAnswer | undefined): ClosingReference[] {
  return (listOf(answer) ?? []).flatMap(referenceOf);
}

function referenceOf(node: IssueNode | null | undefined): ClosingReference[] {
  const { databaseId: repositoryId, nameWithOwner = "" } = node?.repository ?? {};
  const [owner = "", name = ""] = nameWithOwner.split("/");
  return repositoryId && node?.number
    ? [{ repositoryId, repository: { owner, name }, issue: node.number }]
    : [];
}

const actorFields = "__typename login ... on User { databaseId }";
const handsQuery = `query ($owner: String!, $repo: String!, $pull: Int!) {
  repository(owner: $owner, name: $repo) {
    pullRequest(number: $pull) {
      userContentEdits(first: ${atOnce}) { totalCount nodes { editor { ${actorFields} } } }
      timelineItems(first: ${atOnce}, itemTypes: [CONNECTED_EVENT]) {
        totalCount
        nodes {
          ... on ConnectedEvent {
            actor { ${actorFields} }
            subject { ${issueFields} }
            source { ${issueFields} }
          }
        }
      }
    }
  }
}`;

interface Listed<Node> {
  totalCount: number;
  nodes: (Node | null)[] | null;
}

interface HandsAnswer {
  repository?: {
    pullRequest?: {
      /** According to the schema, `null` for a text that was never edited. */
      userContentEdits: Listed<{ editor: Actor | null }> | null;
      timelineItems: Listed<{ actor: Actor | null; subject: IssueNode; source: IssueNode }>;
    } | null;
  } | null;
}

type HandsOfPull = NonNullable<NonNullable<HandsAnswer["repository"]>["pullRequest"]>;

/** `undefined` if a list is incomplete or an account is gone. */
function handsOf(pull: HandsOfPull | undefined): Hands | undefined {
  if (!pull) return undefined;
  const { userContentEdits: edits, timelineItems: events } = pull;
  if ((edits?.totalCount ?? 0) > atOnce || events.totalCount > atOnce) return undefined;
  const editors = (edits?.nodes ?? []).map((edit) => edit?.editor);
  const linkers = (events.nodes ?? []).map((event) => ({
    actor: event?.actor,
    issues: [event?.subject, event?.source].flatMap(referenceOf),
  }));
  const areKnown = [...editors, ...linkers.map(({ actor }) => actor)].every((actor) => actor != null);
  return areKnown ? ({ editors, linkers } as Hands) : undefined;
}
