import * as z from "zod/mini";
import { agentEnvironment } from "./environment.js";
import { workEventSchema } from "./events/event.js";
import { parseInput } from "./flow-input.js";
import { connectGitHub } from "./github/app.js";
import { IssueClient } from "./github/issues.js";
import { type Claim, claimWork } from "./tasks/intent.js";
import { TaskStore } from "./tasks/store.js";

const inputSchema = z.object({ event: workEventSchema });
const { AGENT_GITHUB_USERNAME: agent } = agentEnvironment();
const store = new TaskStore();

/** Registers the event as the newest word on its work, or says which other holds. */
export async function handler(input: unknown): Promise<Claim> {
  const { event } = parseInput(inputSchema, input);
  return claimWork(store, event, async (issueEvent) => {
    const app = await connectGitHub();
    return new IssueClient(app.installation(event.installation), issueEvent).isOpenFor(agent);
  });
}
