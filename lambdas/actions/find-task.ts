import * as z from "zod/mini";
import { inboxEventSchema } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import { type Found, findTask } from "../tasks/finding.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({ event: inboxEventSchema });
const store = new TaskStore();

/** Finds the task of an event, and checks whether the people behind the event may speak to its agent. */
export async function handler(input: unknown): Promise<Found> {
  return findTask(store, parseInput(inputSchema, input).event);
}
