import * as z from "zod/mini";
import { type Watch, watchPulls } from "../ci/watching.js";
import { pullsMovedSchema } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import { relayEnvironment } from "../runtime/environment.js";
import { TaskStore } from "../tasks/store.js";
import { WorkedOn } from "../tasks/worked-on.js";

const inputSchema = z.object({ event: pullsMovedSchema, execution: z.string(), startedAt: z.string() });
const { RELAY_FAILURE_FLOW_ARN: relayFlow } = relayEnvironment();
const store = new TaskStore();

/** Looks for conflicts in the agent's pull requests after a push. */
export async function handler(input: unknown): Promise<void> {
  const agents: Watch["agents"] = (octokit, pulls) => new WorkedOn(octokit, store).among(pulls);
  await watchPulls({ ...parseInput(inputSchema, input), relayFlow, agents });
}
