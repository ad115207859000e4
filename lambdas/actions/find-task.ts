import * as z from "zod/mini";
import { inboxEventSchema } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import { relayEnvironment } from "../runtime/environment.js";
import { type Found, findTask } from "../tasks/finding.js";
import { relayToFurtherTasks } from "../tasks/further-tasks.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({ event: inboxEventSchema });
const { RELAY_FAILURE_FLOW_ARN: relayFlow } = relayEnvironment();
const store = new TaskStore();

/** Finds the task of an event, and checks whether the people behind the event may speak to its agent. */
export async function handler(input: unknown): Promise<Found> {
  const { event } = parseInput(inputSchema, input);
  const found = await findTask(store, event);
  await relayToFurtherTasks(relayFlow, event, found.others);
  return found;
}
