import * as z from "zod/mini";
import { followSchema, parseInput } from "../model/flow-input.js";
import { announceProgress } from "../status/progress.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({
  follow: followSchema,
  state: z.enum(["running", "waiting", "failed"]),
  /** Coder's report on the task. Empty if there is none. */
  report: z.string(),
});
const store = new TaskStore();

/** Writes the observed progress of the agent into the status comment. */
export async function handler(input: unknown): Promise<{ announced: boolean }> {
  const { follow, ...found } = parseInput(inputSchema, input);
  return { announced: await announceProgress(store, follow, found) };
}
