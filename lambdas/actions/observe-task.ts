import { claimedSchema, parseInput } from "../model/flow-input.js";
import { observeTask, type TaskObservation } from "../tasks/observing.js";
import { TaskStore } from "../tasks/store.js";

const store = new TaskStore();

/** Observes a new task. Throws a `TaskStartingError` or a `TaskBrokenError` if it does not run yet. */
export async function handler(input: unknown): Promise<TaskObservation> {
  return observeTask(store, parseInput(claimedSchema, input));
}
