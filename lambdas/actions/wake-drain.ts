import * as z from "zod/mini";
import { drainName, startExecution } from "../aws/start-execution.js";
import { Inbox } from "../inbox/inbox.js";
import { TransientError } from "../model/errors.js";
import { parseInput, taskKeySchema } from "../model/flow-input.js";
import { drainEnvironment } from "../runtime/environment.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({
  key: taskKeySchema,
  /** The generation of a drain that hands what is left over to the next one. */
  from: z.optional(z.int()),
  /** Whether the agent is new, or somebody has just asked it to work: messages about failed runs count anew. */
  anew: z.optional(z.boolean()),
});
const { DRAIN_INBOX_FLOW_ARN: drainFlow } = drainEnvironment();
const store = new TaskStore();

/**
 * Ensures that a drain runs if something waits for a task. One runs at a time: its name holds the generation of
 * the inbox, and Step Functions starts no second one of that name. If the name is closed although its generation is
 * in force, that drain has failed, and the next generation takes over.
 */
export async function handler(input: unknown): Promise<{ drain: string }> {
  const { key, from, anew } = parseInput(inputSchema, input);
  const record = await store.get(key);
  const inbox = new Inbox(key);
  if (from !== undefined) await inbox.replaceDrain(from);
  if (anew) await inbox.forgetRounds();
  // One that is still being created is told by the run that creates it.
  if (record?.task?.id === undefined || record.wanted === false || !(await inbox.hasWaiting()))
    return { drain: "" };

  for (let attempt = 0; attempt < 10; attempt++) {
    const { generation } = await inbox.state();
    const name = drainName(key, generation);
    const start = await startExecution(drainFlow, name, { drain: { ...key, generation } });
    if (start !== "closed") return { drain: name };
    await inbox.replaceDrain(generation);
  }
  throw new TransientError("No drain could be started: each one was over at once. It is retried.");
}
