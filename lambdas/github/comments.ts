import type { Octokit } from "@octokit/rest";
import type { Person } from "../model/event.js";
import type { RepositoryName } from "./contents.js";
import { type Actor, accountFields, askForAllNodes, personOf } from "./graphql.js";

const perPage = 100;

/** The comments of one repository that were created or edited since a time (ISO 8601), oldest change first. */
export class RepositoryComments {
  readonly #asked: { owner: string; repo: string; per_page: number };

  constructor(
    private readonly octokit: Octokit,
    { owner, name }: RepositoryName,
  ) {
    this.#asked = { owner, repo: name, per_page: perPage };
  }

  /** Comments on issues and in the conversations of pull requests. */
  async inConversations(since: string) {
    const { listCommentsForRepo } = this.octokit.rest.issues;
    return this.octokit.paginate(listCommentsForRepo, { ...this.#asked, ...sinceThen(since) });
  }

  /** Comments on lines of pull requests. */
  async onLines(since: string) {
    const { listReviewCommentsForRepo } = this.octokit.rest.pulls;
    return this.octokit.paginate(listReviewCommentsForRepo, { ...this.#asked, ...sinceThen(since) });
  }
}

const sinceThen = (since: string) => ({ since, sort: "updated", direction: "asc" }) as const;

const query = `query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Comment { id lastEditedAt editor { ${accountFields} } }
  }
}`;

interface CommentNode {
  id: string;
  lastEditedAt: string | null;
  editor: Actor | null;
}

/**
 * The last editors of comments and reviews, by their ids in the GraphQL API; `undefined` if GitHub does not name the
 * editor. Comments that are missing in the result were never edited.
 */
export async function findEditors(
  octokit: Octokit,
  comments: readonly string[],
): Promise<Map<string, Person | undefined>> {
  const nodes = await askForAllNodes<CommentNode>(octokit, query, comments);
  const unseen = comments.filter((id) => !nodes.some((node) => node.id === id));
  return new Map([
    ...unseen.map((id): [string, undefined] => [id, undefined]),
    ...nodes
      .filter(({ lastEditedAt, editor }) => lastEditedAt !== null || editor !== null)
      .map(({ id, editor }): [string, Person | undefined] => [id, editor ? personOf(editor) : undefined]),
  ]);
}
