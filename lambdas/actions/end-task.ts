import * as z from "zod/mini";
import { issueEventSchema } from "../model/event.js";
import { claimedSchema, parseInput } from "../model/flow-input.js";
import { backends } from "../model/record.js";
import { type Ending, endTask } from "../tasks/ending.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.extend(claimedSchema, {
  event: issueEventSchema,
  /** A task that is not in the record. */
  task: z.optional(
    z.object({
      backend: z.enum(backends),
      owner: z.string(),
      name: z.string(),
      id: z.optional(z.string()),
      workspaceId: z.optional(z.string()),
    }),
  ),
});

const store = new TaskStore();

/** Ends the issue's task: deletes it, or only pauses it if the agent was unassigned. */
export async function handler(input: unknown): Promise<Ending> {
  return endTask(store, parseInput(inputSchema, input));
}
