import * as z from "zod/mini";
import { agentId } from "../accounts/agent.js";
import { connectGitHub } from "../github/app.js";
import { IssueClient } from "../github/issues.js";
import { workEventSchema } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import { statusMarker } from "../model/status-marker.js";
import { type Claim, claimWork } from "../tasks/intent.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({ event: workEventSchema });
const store = new TaskStore();

/** Registers the event as the newest word on its work, or says which other holds. */
export async function handler(input: unknown): Promise<Claim> {
  const { event } = parseInput(inputSchema, input);
  return claimWork(store, event, {
    isWanted: async (issueEvent) => {
      const octokit = (await connectGitHub()).installation(event.installation);
      return new IssueClient(octokit, issueEvent).isOpenFor(await agentId(octokit), issueEvent.at);
    },
    findStatusComment: async (issueEvent) => {
      const app = await connectGitHub();
      const issue = new IssueClient(app.installation(event.installation), issueEvent);
      return issue.findOwnComment(statusMarker, app.id, issueEvent.issue.comments);
    },
  });
}
