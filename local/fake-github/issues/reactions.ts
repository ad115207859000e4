import type { Repositories } from "../repositories/repositories.js";
import { nodeId, type User } from "../repositories/repository.js";
import { invalid, type Json } from "../rest/rest.js";

const CONTENTS = ["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"];

export interface Reaction {
  id: number;
  user: User;
  content: string;
  createdAt: string;
}

/**
 * A user has one reaction of each kind: a second call answers 200 with the first reaction instead of 201.
 * https://docs.github.com/rest/reactions/reactions
 */
export function react(
  repositories: Repositories,
  reactions: Reaction[],
  user: User,
  content: unknown,
): { status: 200 | 201; body: Json } {
  if (typeof content !== "string" || !CONTENTS.includes(content)) {
    throw invalid("Reaction", "invalid", "content");
  }
  const found = reactions.find((reaction) => reaction.user === user && reaction.content === content);
  const reaction = found ?? {
    id: repositories.nextId(),
    user,
    content,
    createdAt: repositories.timestamp(),
  };
  if (!found) reactions.push(reaction);
  return {
    status: found ? 200 : 201,
    body: {
      id: reaction.id,
      node_id: nodeId("Reaction", reaction.id),
      user: repositories.userJson(user),
      content,
      created_at: reaction.createdAt,
    },
  };
}

/** The reaction counts of an issue, a comment or a review comment. */
export function reactionCounts(reactions: Reaction[], subjectUrl: string): Json {
  const counts = CONTENTS.map((content) => [content, reactions.filter((r) => r.content === content).length]);
  return {
    url: `${subjectUrl}/reactions`,
    total_count: reactions.length,
    ...Object.fromEntries(counts),
  };
}
