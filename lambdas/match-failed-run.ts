import * as z from "zod/mini";
import { matchingRule } from "./config/failed-run-rules.js";
import { readConfig } from "./config/read-config.js";
import { checkFailedSchema } from "./events/event.js";
import { parseInput } from "./flow-input.js";
import { connectGitHub } from "./github/app.js";
import { log } from "./log.js";

const inputSchema = z.object({ event: checkFailedSchema });

/** Whether the repository's config wants the agent to look after the branch that a run has failed on. */
export async function handler(input: unknown): Promise<{ matches: boolean }> {
  const { event } = parseInput(inputSchema, input);
  const { repository, run } = event;
  // A fork's branch of the same name is not the repository's: anybody could have written what fails there.
  if (run.headRepository.id !== repository.id) return { matches: false };
  const octokit = (await connectGitHub()).installation(event.installation);
  const read = await readConfig(octokit, repository);
  const matches = read.state === "valid" && matchingRule(read.config, run) !== undefined;
  log.info("A failed run of no task", { run: run.id, config: read.state, matches });
  return { matches };
}
