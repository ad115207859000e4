import type { TaskLocation, TaskRecord } from "../model/record.js";

/** The result of a run that creates a task. */
export interface Creation {
  /**
   * `existing`: there is already a task, which was created for another delivery and needs this delivery's prompt. `told`:
   * the same for a pull request, whose status comment follows the task until it runs. `superseded`: a newer event has been
   * claimed. `unwanted`: the same, and this run has created a task that must be ended.
   */
  outcome: "created" | "existing" | "told" | "superseded" | "unwanted";
  /** The current intent. */
  intent: number;
  task: TaskLocation | null;
}

/** The result of a run if a newer event has been claimed. */
export function superseded(record: TaskRecord | undefined): Creation {
  return { outcome: "superseded", intent: record?.intent ?? 0, task: null };
}
