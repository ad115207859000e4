import * as z from "zod/mini";
import { watchPulls } from "../ci/watching.js";
import { pullsMovedSchema } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import { relayEnvironment } from "../runtime/environment.js";

const inputSchema = z.object({ event: pullsMovedSchema, execution: z.string(), startedAt: z.string() });
const { RELAY_FAILURE_FLOW_ARN: relayFlow } = relayEnvironment();

/** Looks for conflicts of the agent's pull requests after a push. */
export async function handler(input: unknown): Promise<void> {
  await watchPulls({ ...parseInput(inputSchema, input), relayFlow });
}
