import * as z from "zod/mini";
import { startingEventSchema } from "../model/event.js";
import { claimedSchema, parseInput } from "../model/flow-input.js";
import { planSchema } from "../model/plan.js";
import { createTask } from "../tasks/creation.js";
import type { Creation } from "../tasks/creation-result.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.extend(claimedSchema, {
  event: startingEventSchema,
  plan: planSchema,
  /** The ARN of the execution. Executions that an older version started do not pass it. */
  execution: z.optional(z.string()),
  /** When the execution was started: ISO 8601. */
  startedAt: z.optional(z.string()),
});

const store = new TaskStore();

/** Ensures that the work has exactly one task. */
export async function handler(input: unknown): Promise<Creation> {
  return createTask(store, parseInput(inputSchema, input));
}
