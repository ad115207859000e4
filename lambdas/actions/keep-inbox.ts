import * as z from "zod/mini";
import { type Keeping, keepForNewTask } from "../inbox/keeping.js";
import { drainSchema, parseInput } from "../model/flow-input.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({
  drain: drainSchema,
  /** Why the task is gone, if known. */
  reason: z.optional(z.string()),
});
const store = new TaskStore();

/** Keeps the inputs of a deleted task for a new task of the same work. */
export async function handler(input: unknown): Promise<Keeping> {
  const { drain, reason } = parseInput(inputSchema, input);
  return keepForNewTask(store, drain, reason);
}
