import type { Repositories } from "../repositories/repositories.js";
import type { User } from "../repositories/repository.js";

/** An entry of the timeline of an issue or a pull request, by GraphQL's names. */
export interface TimelineEvent {
  readonly type: "AssignedEvent" | "ReopenedEvent" | "ReviewRequestedEvent" | "ReviewRequestRemovedEvent";
  readonly id: number;
  readonly actor: User;
  readonly assignee: User | undefined;
  readonly reviewer: User | undefined;
  readonly createdAt: string;
}

export function noteEvent(
  repositories: Repositories,
  timeline: TimelineEvent[],
  {
    type,
    by,
    assignee,
    reviewer,
  }: { type: TimelineEvent["type"]; by: string; assignee?: User; reviewer?: User },
): void {
  const [id, actor, createdAt] = [repositories.nextId(), repositories.user(by), repositories.timestamp()];
  timeline.push({ type, id, actor, assignee, reviewer, createdAt });
}
