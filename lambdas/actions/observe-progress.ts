import * as z from "zod/mini";
import { followSchema, parseInput } from "../model/flow-input.js";
import { observeProgress, type ProgressObservation } from "../tasks/following.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({ follow: followSchema });
const store = new TaskStore();

/** Observes an agent's turn. Throws an `AgentWorkingError` or an `AgentRestingError` if there is no news. */
export async function handler(input: unknown): Promise<ProgressObservation> {
  return observeProgress(store, parseInput(inputSchema, input).follow);
}
