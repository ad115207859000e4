import * as z from "zod/mini";
import type { Condition } from "../aws/table.js";
import { connectGitHub } from "../github/app.js";
import { followSchema, parseInput } from "../model/flow-input.js";
import { isFollowedBy, type TaskStatus } from "../model/record.js";
import { StatusComment } from "../status/status-comment.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({
  follow: followSchema,
  state: z.enum(["running", "waiting", "failed"]),
  /** What Coder knows of the work; empty where that is nothing. */
  report: z.string(),
});
const store = new TaskStore();

/**
 * Lets the status comment say what a look at the agent's work has found. What else it says stays; where that
 * changes meanwhile, the next look finds the news again.
 */
export async function handler(input: unknown): Promise<{ announced: boolean }> {
  const { follow, state, report } = parseInput(inputSchema, input);
  const record = await store.get(follow);
  if (!record?.source || !record.status || !isFollowedBy(record, follow)) return { announced: false };
  const { status: known } = record;
  // A failure is told until the run that failed has been mended.
  const status = known.state === "failed" ? known : { ...known, state };
  const { follower } = follow;
  const comment = new StatusComment(store, await connectGitHub(), record.source, `follow-${follower}`);
  const announced = await comment.say(status, unchanged(follow, known), report);
  return { announced };
}

/** Nobody has overtaken the run, or said something else in the status comment, since the record was read. */
function unchanged(
  { intent, follower }: z.output<typeof followSchema>,
  { state, detail }: TaskStatus,
): Condition {
  const isSameDetail =
    detail === undefined ? "attribute_not_exists(#status.#detail)" : "#status.#detail = :detail";
  return {
    expression: `#intent = :intent AND #follower = :follower AND #status.#state = :state AND ${isSameDetail}`,
    values: { intent, follower, state, ...(detail !== undefined && { detail }) },
  };
}
