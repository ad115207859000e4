import * as z from "zod/mini";
import { workEventSchema } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import { trackTakenUp } from "../pulls/noting.js";
import { type Claim, claimWork } from "../tasks/claiming.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({ event: workEventSchema });
const store = new TaskStore();

/**
 * Registers the event as the newest about its work, unless a newer one is known, and plans the task that it asks for. A pull
 * request that the task of an issue takes up is tracked as one of its own.
 */
export async function handler(input: unknown): Promise<Claim> {
  const { event } = parseInput(inputSchema, input);
  const claim = await claimWork(store, event);
  if (claim.outcome === "joined" && "issue" in event) await trackTakenUp(store, claim.key, event);
  return claim;
}
