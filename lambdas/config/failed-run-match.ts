import type { Octokit } from "@octokit/rest";
import { isAllowedBot } from "../accounts/bots.js";
import { RepositoryClient } from "../github/repository.js";
import { hasSucceededSince } from "../github/runs.js";
import type { CheckFailed, Person } from "../model/event.js";
import { isEnough } from "../model/permission.js";
import { log } from "../runtime/log.js";
import { matchingRule } from "./failed-run-rules.js";
import { readConfig } from "./read-config.js";

/**
 * Whether the repository's config assigns the agent to the branch that a run failed on. The agent reads the run's logs,
 * so everybody behind the run must have write permission or be an allowed bot.
 */
export async function matchesFailedRun(octokit: Octokit, { repository, run }: CheckFailed): Promise<boolean> {
  // A fork's branch can have the same name, and anybody can make it fail with any text.
  if (run.headRepository.id !== repository.id) return false;
  const read = await readConfig(octokit, repository);
  const isListed = read.state === "valid" && matchingRule(read.config, run) !== undefined;
  const reason = await reasonAgainst();
  log.info("A failed run without a task", {
    run: run.id,
    config: read.state,
    event: run.event,
    isListed,
    matches: reason === undefined,
    reason,
  });
  return reason === undefined;

  async function reasonAgainst(): Promise<string | undefined> {
    if (!isListed) return "no rule of the config lists its workflow, branch and event";
    if (!(await areAllTrusted(octokit, repository, run.actors ?? []))) {
      return "somebody behind it has no write permission, or is a bot that ALLOWED_BOTS does not list";
    }
    // The delivery may be late, or replayed after its record has expired.
    if (await hasSucceededSince(octokit, repository, run)) return "a newer run has succeeded";
    return undefined;
  }
}

/** Also `false` if GitHub names nobody behind the run. */
async function areAllTrusted(
  octokit: Octokit,
  repository: CheckFailed["repository"],
  actors: readonly Person[],
): Promise<boolean> {
  const client = new RepositoryClient(octokit, repository);
  const verdicts = await Promise.all(
    actors.map(async (actor) =>
      actor.type === "Bot"
        ? isAllowedBot(octokit, actor)
        : isEnough(await client.permissionOf(actor), "write"),
    ),
  );
  return verdicts.length > 0 && verdicts.every((verdict) => verdict);
}
