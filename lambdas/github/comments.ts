import type { Octokit } from "@octokit/rest";
import type { Person } from "../model/event.js";
import type { RepositoryName } from "./contents.js";
import { type Actor, accountFields, askForAllNodes, personOf } from "./graphql.js";

const perPage = 100;

/** The comments of one repository, oldest change first, from a time on (ISO 8601) that counts changes too. */
export class RepositoryComments {
  readonly #asked: { owner: string; repo: string; per_page: number };

  constructor(
    private readonly octokit: Octokit,
    { owner, name }: RepositoryName,
  ) {
    this.#asked = { owner, repo: name, per_page: perPage };
  }

  /** Those on issues and in the conversations of pull requests. */
  async inConversations(since: string) {
    const { listCommentsForRepo } = this.octokit.rest.issues;
    return this.octokit.paginate(listCommentsForRepo, { ...this.#asked, ...sinceThen(since) });
  }

  /** Those on lines of pull requests. */
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
 * Who wrote the present text of comments and reviews, if not the author: by their ids in the GraphQL API; `undefined` if
 * GitHub does not say. One that is missing here was never edited.
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
