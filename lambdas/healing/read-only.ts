import type { TaskKey, TaskRecord } from "../model/record.js";
import { TaskStore } from "../tasks/store.js";
import { SweepStore } from "./sweep-state.js";

/** The stores for a dry run, which change nothing. */

export class ReadOnlySweepStore extends SweepStore {
  override async write(): Promise<void> {}
  override async noteDone(): Promise<void> {}
}

export class ReadOnlyTaskStore extends TaskStore {
  override update(key: TaskKey): Promise<TaskRecord | undefined> {
    return this.get(key);
  }

  override async rememberBranch(): Promise<void> {}
}
