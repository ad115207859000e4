import * as z from "zod/mini";
import { pullChangedSchema } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import { type Tracked, trackPull } from "../pulls/tracking.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({ event: pullChangedSchema, execution: z.string() });
const store = new TaskStore();

/** Notes the state of a pull request in its task's record, and shows it in the status comment. */
export async function handler(input: unknown): Promise<Tracked> {
  const { event, execution: holder } = parseInput(inputSchema, input);
  return trackPull(store, { event, holder });
}
