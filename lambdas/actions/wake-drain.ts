import * as z from "zod/mini";
import { wakeDrain } from "../inbox/waking.js";
import { parseInput, taskKeySchema } from "../model/flow-input.js";
import { drainEnvironment } from "../runtime/environment.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({
  key: taskKeySchema,
  /** See `WakeUp`. */
  from: z.optional(z.int()),
  resetsRounds: z.optional(z.boolean()),
  /** The name of `resetsRounds` in executions that an earlier version started. */
  anew: z.optional(z.boolean()),
});
const { DRAIN_INBOX_FLOW_ARN: drainFlow } = drainEnvironment();
const store = new TaskStore();

/** Ensures that a drain runs if an input waits for a task. */
export async function handler(input: unknown): Promise<{ drain: string }> {
  const { key, from, anew, resetsRounds = anew } = parseInput(inputSchema, input);
  return { drain: await wakeDrain({ drainFlow, store }, key, { from, resetsRounds }) };
}
