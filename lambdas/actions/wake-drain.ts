import * as z from "zod/mini";
import { Inbox } from "../inbox/inbox.js";
import { wakeDrain } from "../inbox/waking.js";
import { parseInput, taskKeySchema } from "../model/flow-input.js";
import { drainEnvironment } from "../runtime/environment.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({
  key: taskKeySchema,
  /** The generation of a drain that leaves the rest of the inbox to the next one. */
  from: z.optional(z.int()),
  /** Whether to reset the count of messages about failed runs: the agent is new, or somebody just asked it to work. */
  anew: z.optional(z.boolean()),
});
const { DRAIN_INBOX_FLOW_ARN: drainFlow } = drainEnvironment();
const store = new TaskStore();

/** Ensures that a drain runs if an input waits for a task. */
export async function handler(input: unknown): Promise<{ drain: string }> {
  const { key, from, anew } = parseInput(inputSchema, input);
  const { meta } = new Inbox(key);
  if (from !== undefined) await meta.replaceDrain(from);
  if (anew) await meta.resetRounds();
  return { drain: await wakeDrain({ drainFlow, store }, key) };
}
