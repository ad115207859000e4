import * as z from "zod/mini";
import { workEventSchema } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import { leave, takeUp } from "../pulls/taken-up.js";
import { type Claim, claimWork } from "../tasks/claiming.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({ event: workEventSchema });
const store = new TaskStore();

/**
 * Registers the event as the newest one about its work, unless a newer one is known, and plans the task that it asks for. If
 * an issue's task takes up a pull request, it is tracked like the task's own ones, until the agent is unassigned there.
 */
export async function handler(input: unknown): Promise<Claim> {
  const { event } = parseInput(inputSchema, input);
  const claim = await claimWork(store, event);
  const { outcome, key, intent } = claim;
  if (outcome !== "joined" || intent === null) return claim;
  if (event.type === "task_requested") await takeUp(store, key, event);
  // A closed pull request stays in the status comment of its task, which track-pull updates.
  if (event.type === "task_closed" && event.reason === "unassigned") await leave(store, key, event, intent);
  return claim;
}
