import * as z from "zod/mini";
import { parseInput, taskKeySchema } from "../model/flow-input.js";
import { inboxEnvironment } from "../runtime/environment.js";
import { announceLimit } from "../status/ci-limit.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({
  key: taskKeySchema,
  /** The ARN of the execution; runs that were started before it was passed have none. */
  execution: z.optional(z.string()),
});
const { MAX_CI_ROUNDS: maxRounds } = inboxEnvironment();
const store = new TaskStore();

/** Says that no more failures are relayed until somebody says something. */
export async function handler(input: unknown): Promise<void> {
  const { key, execution } = parseInput(inputSchema, input);
  await announceLimit(store, key, { maxRounds, holder: execution ?? "announce-limit" });
}
