import * as z from "zod/mini";
import { workEventSchema } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import { taskStates } from "../model/record.js";
import { announceState } from "../status/flow-status.js";
import { TaskStore } from "../tasks/store.js";

const errorSchema = z.object({ Error: z.string(), Cause: z.string() });

/** `Announcement` explains the fields. */
const inputSchema = z.object({
  event: workEventSchema,
  execution: z.optional(z.string()),
  state: z.enum(taskStates),
  intent: z.optional(z.int()),
  detail: z.optional(z.string()),
  report: z.optional(z.string()),
  error: z.optional(errorSchema),
  decisions: z.optional(
    z.object({
      claim: z.optional(z.object({ intent: z.nullable(z.int()), reason: z.string() })),
      error: z.optional(errorSchema),
    }),
  ),
});
const store = new TaskStore();

/** Writes the state of a flow into the status comment. */
export async function handler(input: unknown): Promise<{ announced: boolean }> {
  return announceState(store, parseInput(inputSchema, input));
}
