import type { TaskLocation, TaskRecord } from "../model/record.js";

/** What a run that creates a task has done. */
export interface Creation {
  /**
   * `existing`: there is a task already, which was created for another delivery: it needs this delivery's prompt. `told`: the
   * same, and it is a pull request's, whose status comment follows the task until it runs.
   * `superseded`: a newer event holds. `unwanted`: the same, and this run has created a task that must be ended.
   */
  outcome: "created" | "existing" | "told" | "superseded" | "unwanted";
  /** The intent that is in force. */
  intent: number;
  task: TaskLocation | null;
}

/** The result of a run if a newer event holds. */
export function superseded(record: TaskRecord | undefined): Creation {
  return { outcome: "superseded", intent: record?.intent ?? 0, task: null };
}
