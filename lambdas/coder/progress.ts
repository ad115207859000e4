import type { TaskRecord } from "../model/record.js";
import type { CoderBackend } from "./port.js";

/**
 * Whether an execution of `follow-task` is worth its cost, which it is if the backend reports progress. Nobody reads
 * along with work that has no issue, so its failures have to be announced: it is followed on either backend.
 */
export function isWorthFollowing(
  { reportsProgress }: Pick<CoderBackend, "reportsProgress">,
  { source }: Pick<TaskRecord, "source">,
): boolean {
  return reportsProgress || (source !== undefined && !("issue" in source));
}
