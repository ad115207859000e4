import * as z from "zod/mini";
import { followSchema, parseInput } from "../model/flow-input.js";
import { announceProgress } from "../status/progress.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({
  follow: followSchema,
  state: z.enum(["running", "waiting", "failed"]),
  /** Coder's report on the task; empty if there is none. */
  report: z.string(),
});
const store = new TaskStore();

/** Lets the status comment say what a look at the agent's progress has found. */
export async function handler(input: unknown): Promise<{ announced: boolean }> {
  const { follow, ...found } = parseInput(inputSchema, input);
  return { announced: await announceProgress(store, follow, found) };
}
