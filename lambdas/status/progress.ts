import type { Condition } from "../aws/table.js";
import { connectGitHub } from "../github/app.js";
import { isFollowedBy, type TaskKey, type TaskState, type TaskStatus } from "../model/record.js";
import { type Records, StatusComment } from "./status-comment.js";

/** A run of `follow-task`: whose work, under which intent, and its own name in the record. */
export interface Follower extends TaskKey {
  intent: number;
  follower: string;
}

/**
 * Writes the observed progress into the status comment, and keeps everything else in it. If that changes meanwhile,
 * nothing is written, and the next observation finds the news again. Returns whether it was written.
 */
export async function announceProgress(
  store: Records,
  follow: Follower,
  { state, report }: { state: TaskState; report: string },
): Promise<boolean> {
  const record = await store.get(follow);
  if (!record?.source || !record.status || !isFollowedBy(record, follow)) return false;
  const { status: known } = record;
  // A failure is shown until the run that failed has been repaired.
  const status = known.state === "failed" ? known : { ...known, state };
  const holder = `follow-${follow.follower}`;
  const comment = new StatusComment(store, await connectGitHub(), record.source, holder);
  return comment.say(status, unchanged(follow, known), report);
}

/** No newer event or follower, and no other status, since the record was read. */
function unchanged({ intent, follower }: Follower, { state, detail }: TaskStatus): Condition {
  const isSameDetail =
    detail === undefined ? "attribute_not_exists(#status.#detail)" : "#status.#detail = :detail";
  return {
    expression: `#intent = :intent AND #follower = :follower AND #status.#state = :state AND ${isSameDetail}`,
    values: { intent, follower, state, ...(detail !== undefined && { detail }) },
  };
}
