import type { Condition } from "../aws/table.js";
import { connectGitHub } from "../github/app.js";
import {
  isFollowedBy,
  type TaskKey,
  type TaskRecord,
  type TaskState,
  type TaskStatus,
} from "../model/record.js";
import { type Records, StatusComment } from "./status-comment.js";

/** A run of `follow-task`: its work, its intent, and its own name in the record. */
export interface Follower extends TaskKey {
  intent: number;
  follower: string;
}

/** The state of a turn, as Coder shows it. */
export interface Progress {
  state: TaskState;
  /** Empty if there is none. */
  report: string;
}

/**
 * Writes the observed progress into the status comment, and keeps everything else in it. If that changes in the meantime,
 * nothing is written, and the next observation finds the news again. Returns whether it was written.
 */
export async function announceProgress(
  store: Records,
  follow: Follower,
  progress: Progress,
): Promise<boolean> {
  const record = await store.get(follow);
  if (!record || !isFollowedBy(record, follow)) return false;
  const { follower } = follow;
  return announceTurn(store, record, progress, {
    holder: `follow-${follower}`,
    condition: { expression: "#follower = :follower", values: { follower } },
  });
}

/** The same for an agent that no execution follows. */
export async function announceTurn(
  store: Records,
  { source, status: known, intent }: TaskRecord,
  { state, report }: Progress,
  { holder, condition }: { holder: string; condition?: Condition },
): Promise<boolean> {
  if (!source || !known) return false;
  // A failure stays visible until the failed run has been repaired.
  const status = known.state === "failed" ? known : { ...known, state };
  const comment = new StatusComment(store, await connectGitHub(), source, holder);
  return comment.say(status, unchanged({ intent, status: known }, condition), report);
}

/** The condition that the record has got no newer event and no other status since it was read. */
function unchanged(
  { intent, status: { state, detail } }: { intent: number | undefined; status: TaskStatus },
  { expression, values }: Condition = { expression: "attribute_exists(#intent)" },
): Condition {
  const isSameDetail =
    detail === undefined ? "attribute_not_exists(#status.#detail)" : "#status.#detail = :detail";
  return {
    expression: `${expression} AND #intent = :intent AND #status.#state = :state AND ${isSameDetail}`,
    values: { ...values, intent, state, ...(detail !== undefined && { detail }) },
  };
}
