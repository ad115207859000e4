import * as z from "zod/mini";
import { announceLongWait } from "../inbox/long-wait.js";
import { drainSchema, parseInput } from "../model/flow-input.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({ drain: drainSchema });
const store = new TaskStore();

/** Says in the status comment that the agent has taken no message for a day, and keeps the inputs. */
export async function handler(input: unknown): Promise<void> {
  const { drain } = parseInput(inputSchema, input);
  await announceLongWait(store, drain);
}
