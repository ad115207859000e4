import * as z from "zod/mini";
import { matchesFailedRun } from "../config/failed-run-match.js";
import { connectGitHub } from "../github/app.js";
import { checkFailedSchema } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";

const inputSchema = z.object({ event: checkFailedSchema });

/** Whether the repository's config assigns the agent to the branch that a run failed on. */
export async function handler(input: unknown): Promise<{ matches: boolean }> {
  const { event } = parseInput(inputSchema, input);
  const octokit = (await connectGitHub()).installation(event.installation);
  return { matches: await matchesFailedRun(octokit, event) };
}
