import type { TaskRecord } from "../model/record.js";
import type { CoderBackend } from "./port.js";

/**
 * Whether an execution of `follow-task` is worth its cost: if the backend reports progress. Work without an issue has no
 * readers, so its failures must be announced: it is followed on either backend.
 */
export function isWorthFollowing(
  { reportsProgress }: Pick<CoderBackend, "reportsProgress">,
  { source }: Pick<TaskRecord, "source">,
): boolean {
  return reportsProgress || (source !== undefined && !("issue" in source));
}
