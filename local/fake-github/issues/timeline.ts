import type { Repositories } from "../repositories/repositories.js";
import type { User } from "../repositories/repository.js";

/** An entry of an issue's timeline, by GraphQL's names. */
export interface TimelineEvent {
  readonly type: "AssignedEvent" | "ReopenedEvent";
  readonly id: number;
  readonly actor: User;
  readonly assignee: User | undefined;
  readonly createdAt: string;
}

export function noteEvent(
  repositories: Repositories,
  timeline: TimelineEvent[],
  { type, by, assignee }: { type: TimelineEvent["type"]; by: string; assignee?: User },
): void {
  const [id, actor, createdAt] = [repositories.nextId(), repositories.user(by), repositories.timestamp()];
  timeline.push({ type, id, actor, assignee, createdAt });
}
