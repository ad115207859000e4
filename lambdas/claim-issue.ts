import * as z from "zod/mini";
import { agentEnvironment } from "./environment.js";
import { issueEventSchema } from "./events/event.js";
import { parseInput } from "./flow-input.js";
import { connectGitHub } from "./github/app.js";
import { IssueClient } from "./github/issues.js";
import { type Claim, claimIssue } from "./tasks/intent.js";
import { TaskStore } from "./tasks/store.js";

const inputSchema = z.object({ event: issueEventSchema });
const { AGENT_GITHUB_USERNAME: agent } = agentEnvironment();
const store = new TaskStore();

/** Registers the event as the newest word on its issue, or says which other holds. */
export async function handler(input: unknown): Promise<Claim> {
  const { event } = parseInput(inputSchema, input);
  return claimIssue(store, event, async () => {
    const app = await connectGitHub();
    return new IssueClient(app.installation(event.installation), event).isOpenFor(agent);
  });
}
