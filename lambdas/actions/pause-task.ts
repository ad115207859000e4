import * as z from "zod/mini";
import { parseInput, taskKeySchema } from "../model/flow-input.js";
import { pauseAtRest } from "../pulls/pausing.js";
import type { Tracked } from "../pulls/tracking.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({
  tracked: z.object({
    outcome: z.enum(["tell", "merged", "resting", "done"]),
    key: z._default(z.nullable(taskKeySchema), null),
    intent: z.int(),
    sendings: z.int(),
  }),
  /** Beside `tracked` in executions that an earlier version started. */
  key: z.optional(taskKeySchema),
  execution: z.string(),
});
const store = new TaskStore();

/** Pauses a task after its last pull request was merged. Throws an `AgentStillBusyError` while its agent works. */
export async function handler(input: unknown): Promise<Tracked> {
  const { tracked, key, execution } = parseInput(inputSchema, input);
  return pauseAtRest(store, { ...tracked, key: tracked.key ?? key ?? null }, execution);
}
