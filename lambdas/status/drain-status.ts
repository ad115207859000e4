import { connectGitHub } from "../github/app.js";
import type { TaskRecord, TaskStatus } from "../model/record.js";
import { type Records, StatusComment } from "./status-comment.js";

/** Writes the status comment for a drain, unless a newer event has claimed the work since `record` was read. */
export async function sayAsDrain(
  store: Records,
  { source, intent }: TaskRecord,
  { generation }: { generation: number },
  status: TaskStatus,
  report?: string,
): Promise<void> {
  if (!source) return;
  const comment = new StatusComment(store, await connectGitHub(), source, `drain-${generation}`);
  const isSameIntent = { expression: "#intent = :holder", values: { holder: intent } };
  await comment.say(status, isSameIntent, report);
}
