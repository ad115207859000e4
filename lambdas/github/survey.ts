import type { Octokit } from "@octokit/rest";
import { log } from "../runtime/log.js";
import { askForNodes, atOnce, type GraphqlError } from "./graphql.js";
import type { ListedRepository } from "./installations.js";

/** An open issue that the agent is assigned to. */
export interface SurveyedIssue {
  nodeId: string;
  number: number;
  title: string;
  url: string;
  /** ISO 8601. */
  updatedAt: string;
  comments: number;
}

/** An open pull request. */
export interface SurveyedPull {
  nodeId: string;
  number: number;
  title: string;
  url: string;
  updatedAt: string;
  isDraft: boolean;
  headSha: string;
  headBranch: string;
  /** `undefined` if the fork is gone. */
  headRepositoryId: number | undefined;
  /** The id of its author's account; `undefined` for a bot, or if the account is gone. */
  authorId: number | undefined;
}

/** The agent's work in a repository. */
export interface Survey {
  repository: ListedRepository;
  issues: SurveyedIssue[];
  pulls: SurveyedPull[];
  /**
   * The text of a file at the head of the default branch; `null` if it does not exist, `undefined` if GitHub does not
   * show it.
   */
  file: string | null | undefined;
}

const fileField = "object(expression: $file) { ... on Blob { text isTruncated } }";

const query = `query ($ids: [ID!]!, $agent: String!, $file: String!, $issuesAfter: String, $pullsAfter: String) {
  nodes(ids: $ids) {
    ... on Repository {
      issues(first: ${atOnce}, after: $issuesAfter, filterBy: { assignee: $agent, states: [OPEN] }) {
        pageInfo { hasNextPage endCursor }
        nodes { id number title url updatedAt comments { totalCount } }
      }
      pullRequests(first: ${atOnce}, after: $pullsAfter, states: [OPEN]) {
        pageInfo { hasNextPage endCursor }
        nodes { id number title url updatedAt isDraft headRefOid headRefName headRepository { databaseId } author { ... on User { databaseId } } }
      }
      ${fileField}
    }
  }
}`;

const fileQuery = `query ($ids: [ID!]!, $file: String!) {
  nodes(ids: $ids) { ... on Repository { ${fileField} } }
}`;

interface Page<Node> {
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
  nodes: (Node | null)[] | null;
}

interface FileNode {
  object: { text?: string | null; isTruncated?: boolean } | null;
}

interface RepositoryNode extends FileNode {
  issues: Page<{
    id: string;
    number: number;
    title: string;
    url: string;
    updatedAt: string;
    comments: { totalCount: number };
  }> | null;
  pullRequests: Page<{
    id: string;
    number: number;
    title: string;
    url: string;
    updatedAt: string;
    isDraft: boolean;
    headRefOid: string;
    headRefName: string;
    headRepository: { databaseId: number } | null;
    author: { databaseId?: number } | null;
  }> | null;
}

/** Where the lists of one repository continue. */
interface Cursors {
  issuesAfter?: string | null;
  pullsAfter?: string | null;
}

/**
 * Surveys up to a hundred repositories. Takes one request, and one more for each further hundred issues or pull requests
 * of a repository. `agent` is the agent's current login, `path` the file to read. A repository is left out if the App
 * can't read it or GitHub does not show one of its lists.
 */
export async function surveyRepositories(
  octokit: Octokit,
  repositories: readonly ListedRepository[],
  { agent, path }: { agent: string; path: string },
): Promise<Survey[]> {
  const surveys: Survey[] = [];
  const ask = (asked: readonly ListedRepository[], cursors: Cursors) =>
    askForNodes<RepositoryNode>(
      octokit,
      query,
      asked.map(({ nodeId }) => nodeId),
      { agent, ...atHead(path), ...cursors },
    );
  const { nodes, errors } = await ask(repositories, {});
  for (const [index, repository] of repositories.entries()) {
    let node = nodes[index];
    if (!node?.issues || !node.pullRequests) {
      log.warn("GitHub does not show a repository", {
        repositoryId: repository.id,
        reason: errors.find(({ path: at }) => at?.[1] === index)?.message,
      });
      continue;
    }
    const survey: Survey = { repository, issues: [], pulls: [], file: fileOf(node, index, errors) };
    let cursors: Cursors = {};
    for (;;) {
      addTo(survey, node);
      if (!node.issues?.pageInfo.hasNextPage && !node.pullRequests?.pageInfo.hasNextPage) break;
      cursors = cursorsAfter(node, cursors);
      const [more] = (await ask([repository], cursors)).nodes;
      if (!more) break;
      node = more;
    }
    surveys.push(survey);
  }
  return surveys;
}

function addTo({ issues, pulls }: Survey, node: RepositoryNode): void {
  for (const issue of node.issues?.nodes ?? []) {
    if (!issue || issues.some(({ number }) => number === issue.number)) continue;
    const { id: nodeId, number, title, url, updatedAt, comments } = issue;
    issues.push({ nodeId, number, title, url, updatedAt, comments: comments.totalCount });
  }
  for (const pull of node.pullRequests?.nodes ?? []) {
    if (!pull || pulls.some(({ number }) => number === pull.number)) continue;
    const {
      id: nodeId,
      number,
      title,
      url,
      updatedAt,
      isDraft,
      headRefOid: headSha,
      headRefName: headBranch,
    } = pull;
    const [headRepositoryId, authorId] = [pull.headRepository?.databaseId, pull.author?.databaseId];
    const head = { headSha, headBranch, headRepositoryId };
    pulls.push({ nodeId, number, title, url, updatedAt, isDraft, ...head, authorId });
  }
}

/** A list that has ended is queried again after its end, which returns nothing. An empty page may have no cursor. */
function cursorsAfter({ issues, pullRequests }: RepositoryNode, before: Cursors): Cursors {
  return {
    issuesAfter: issues?.pageInfo.endCursor ?? before.issuesAfter ?? null,
    pullsAfter: pullRequests?.pageInfo.endCursor ?? before.pullsAfter ?? null,
  };
}

/**
 * The text of one file in each of up to a hundred repositories, in one request. A repository that the App cannot read is
 * left out.
 */
export async function surveyFiles(
  octokit: Octokit,
  repositories: readonly ListedRepository[],
  path: string,
): Promise<Pick<Survey, "repository" | "file">[]> {
  const ids = repositories.map(({ nodeId }) => nodeId);
  const { nodes, errors } = await askForNodes<FileNode>(octokit, fileQuery, ids, atHead(path));
  return repositories.flatMap((repository, index) => {
    const node = nodes[index];
    return node ? [{ repository, file: fileOf(node, index, errors) }] : [];
  });
}

const atHead = (path: string) => ({ file: `HEAD:${path}` });

function fileOf({ object }: FileNode, index: number, errors: readonly GraphqlError[]): Survey["file"] {
  if (errors.some(({ path }) => path?.[1] === index && path[2] === "object")) return undefined;
  if (object === null) return null;
  return object.isTruncated ? undefined : (object.text ?? undefined);
}
