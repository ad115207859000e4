import * as z from "zod/mini";
import { agentId } from "../accounts/agent.js";
import { connectGitHub } from "../github/app.js";
import { IssueClient } from "../github/issues.js";
import { workEventSchema } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import { type Claim, claimWork } from "../tasks/intent.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({ event: workEventSchema });
const store = new TaskStore();

/** Registers the event as the newest word on its work, or says which other holds. */
export async function handler(input: unknown): Promise<Claim> {
  const { event } = parseInput(inputSchema, input);
  return claimWork(store, event, async (issueEvent) => {
    const octokit = (await connectGitHub()).installation(event.installation);
    return new IssueClient(octokit, issueEvent).isOpenFor(await agentId(octokit), issueEvent.at);
  });
}
