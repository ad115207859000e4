import type { Octokit } from "@octokit/core";
import type { Person } from "../model/event.js";

/** An error in a GraphQL answer. */
export interface GraphqlError {
  message: string;
  type?: string;
  path?: (string | number)[];
}

/** An answer that has errors. */
export interface PartialAnswer<Answer> {
  message: string;
  data: Answer | undefined;
  errors: GraphqlError[];
}

/** The data that an answer with errors can still hold. Throws any other error. */
export function partialAnswer<Answer>(error: unknown): PartialAnswer<Answer> {
  if (!(error instanceof Error) || error.name !== "GraphqlResponseError") throw error;
  const { message, data, errors } = error as Error & { data?: Answer | null; errors?: GraphqlError[] };
  return { message, data: data ?? undefined, errors: errors ?? [] };
}

/** A person, a bot or an app, as in GraphQL. A bot's login has no `[bot]` here. */
export interface Actor {
  __typename: string;
  login: string;
  /** The id of a person's account. */
  databaseId?: number | undefined;
}

/** The fields of an actor, including the account's id for people and bots. */
export const accountFields = "__typename login ... on User { databaseId } ... on Bot { databaseId }";

/** Converts an actor to the form that webhooks use. An account without an id has no permissions. */
export function personOf({ __typename: type, login, databaseId }: Actor): Person {
  const isSuffixed = type !== "Bot" || login.endsWith("[bot]");
  return { id: databaseId ?? 0, login: isSuffixed ? login : `${login}[bot]`, type };
}

/** The limit for the ids in a query and for the length of a list. */
export const atOnce = 100;

/** The nodes in the order of the ids; `null` for one that GitHub does not show. */
export interface Nodes<Node> {
  nodes: (Node | null)[];
  errors: GraphqlError[];
}

/** Sends a query with `nodes(ids: $ids)` for up to a hundred nodes. */
export async function askForNodes<Node>(
  octokit: Octokit,
  query: string,
  ids: readonly string[],
  variables: Record<string, unknown> = {},
): Promise<Nodes<Node>> {
  try {
    const { nodes } = await octokit.graphql<{ nodes: (Node | null)[] }>(query, { ids, ...variables });
    return { nodes, errors: [] };
  } catch (error) {
    const { data, errors } = partialAnswer<{ nodes: (Node | null)[] }>(error);
    // Without data, the query itself was rejected.
    if (!data) throw error;
    return { nodes: data.nodes, errors };
  }
}

/** The same for any number of ids. Returns the nodes that GitHub shows. */
export async function askForAllNodes<Node>(
  octokit: Octokit,
  query: string,
  ids: readonly string[],
): Promise<Node[]> {
  const found: Node[] = [];
  for (let from = 0; from < ids.length; from += atOnce) {
    const { nodes } = await askForNodes<Node>(octokit, query, ids.slice(from, from + atOnce));
    for (const node of nodes) if (node) found.push(node);
  }
  return found;
}
