import * as z from "zod/mini";
import { explainRefusal } from "../inbox/refusal.js";
import { commentPostedSchema } from "../model/event.js";
import { parseInput, taskKeySchema } from "../model/flow-input.js";

const inputSchema = z.object({
  event: commentPostedSchema,
  key: taskKeySchema,
  reason: z.string(),
});

/** Tells a person in a private repository, once for each task, who may speak to the agent. */
export async function handler(input: unknown): Promise<{ explained: boolean }> {
  return explainRefusal(parseInput(inputSchema, input));
}
