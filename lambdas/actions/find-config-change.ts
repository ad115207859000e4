import * as z from "zod/mini";
import { changesConfig } from "../config/proposed-change.js";
import { connectGitHub } from "../github/app.js";
import { configProposedSchema } from "../model/config-event.js";
import { parseInput } from "../model/flow-input.js";

const inputSchema = z.object({ event: configProposedSchema });

/** Whether a pull request changes the config. */
export async function handler(input: unknown): Promise<{ changed: boolean }> {
  const { event } = parseInput(inputSchema, input);
  const octokit = (await connectGitHub()).installation(event.installation);
  return { changed: await changesConfig(octokit, event) };
}
