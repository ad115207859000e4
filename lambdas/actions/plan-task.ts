import * as z from "zod/mini";
import { startingEventSchema } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import type { Plan } from "../model/plan.js";
import { planTask } from "../tasks/planning.js";

const inputSchema = z.object({ event: startingEventSchema });

/** Plans the task of an event from the repository's config, as it is on the default branch now. */
export async function handler(input: unknown): Promise<Plan> {
  return planTask(parseInput(inputSchema, input).event);
}
