import * as z from "zod/mini";
import { isAllowedBot } from "../accounts/bots.js";
import { matchingRule } from "../config/failed-run-rules.js";
import { readConfig } from "../config/read-config.js";
import { connectGitHub } from "../github/app.js";
import { RepositoryClient } from "../github/repository.js";
import { hasSucceededSince } from "../github/runs.js";
import { checkFailedSchema, type Person } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import { isEnough } from "../model/permission.js";
import { log } from "../runtime/log.js";

const inputSchema = z.object({ event: checkFailedSchema });

/**
 * Whether the repository's config wants the agent to look after the branch that a run has failed on. What the run
 * logs becomes words to an agent, so everybody behind it must be somebody who may make the agent work.
 */
export async function handler(input: unknown): Promise<{ matches: boolean }> {
  const { event } = parseInput(inputSchema, input);
  const { repository, run } = event;
  // A fork's branch of the same name is not the repository's: anybody could have written what fails there.
  if (run.headRepository.id !== repository.id) return { matches: false };
  const octokit = (await connectGitHub()).installation(event.installation);
  const read = await readConfig(octokit, repository);
  const isListed = read.state === "valid" && matchingRule(read.config, run) !== undefined;
  const isTrusted = async (actor: Person) =>
    actor.type === "Bot"
      ? isAllowedBot(octokit, actor)
      : isEnough(await new RepositoryClient(octokit, repository).permissionOf(actor), "write");
  const reason = await (async () => {
    if (!isListed) return "no rule of the config names its workflow, branch and event";
    if (!(await areAll(isTrusted, run.actors ?? []))) {
      return "somebody behind it has no write permission, or is a bot that ALLOWED_BOTS does not name";
    }
    // A delivery may come late, or be replayed when no record knows of it any more.
    if (await hasSucceededSince(octokit, repository, run)) return "a newer run has succeeded";
    return undefined;
  })();
  const matches = reason === undefined;
  log.info("A failed run of no task", {
    run: run.id,
    config: read.state,
    event: run.event,
    isListed,
    matches,
    reason,
  });
  return { matches };
}

/** A run that nobody is known to be behind is nobody's. */
async function areAll(
  isTrusted: (actor: Person) => Promise<boolean>,
  actors: readonly Person[],
): Promise<boolean> {
  const verdicts = await Promise.all(actors.map(isTrusted));
  return verdicts.length > 0 && verdicts.every((verdict) => verdict);
}
