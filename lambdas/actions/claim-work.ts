import * as z from "zod/mini";
import { workEventSchema } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import { type Claim, claimWork } from "../tasks/claiming.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({ event: workEventSchema });
const store = new TaskStore();

/** Registers the event as the newest about its work, unless a newer one is known, and plans the task that it asks for. */
export async function handler(input: unknown): Promise<Claim> {
  return claimWork(store, parseInput(inputSchema, input).event);
}
