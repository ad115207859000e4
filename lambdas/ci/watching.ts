import type { Octokit } from "@octokit/rest";
import { isRepositoryServed } from "../accounts/served.js";
import { executionName, startExecution } from "../aws/start-execution.js";
import { connectGitHub } from "../github/app.js";
import { findCommit } from "../github/contents.js";
import { type Pull, RepositoryClient } from "../github/repository.js";
import { readNamedPull } from "../github/stale-reads.js";
import { isOutOfReach, MergeabilityUnknownError, PullsLeftError } from "../model/errors.js";
import type { PullConflicted, PullsMoved } from "../model/event.js";
import { log } from "../runtime/log.js";
import { SharedTurn } from "./shared-turn.js";

/** The most pull requests that are checked in a minute, and the most that are checked again every few seconds. */
const mostInAMinute = 100;
const fewEnough = 8;

/** GitHub may take this long to compute whether a pull request can be merged. After that, no conflict is reported. */
const patienceMs = 30 * 60_000;
const minuteMs = 60_000;

export interface Watch {
  event: PullsMoved;
  /** The execution's ARN, and when it was started, in ISO 8601. */
  execution: string;
  startedAt: string;
  /** The ARN of `relay-failure`. */
  relayFlow: string;
  /** Selects the pull requests that the agent works on. */
  agents: (octokit: Octokit, pulls: readonly Pull[]) => Promise<Pull[]>;
}

/**
 * Checks whether the agent's open pull requests can be merged: all of them after a push to their base branch, one of them
 * after a push to it. For each conflict it starts `relay-failure`. The execution's name contains both commits, so there is
 * only one for each pair.
 *
 * @throws MergeabilityUnknownError while GitHub is computing it. Check again in a few seconds.
 * @throws PullsLeftError if others are left, or there was another push in the meantime. Check again in a minute.
 */
export async function watchPulls(watch: Watch): Promise<void> {
  const { event } = watch;
  const octokit = (await connectGitHub()).installation(event.installation);
  try {
    if (!(await isRepositoryServed(octokit, event.repository))) return;
    await look(octokit, watch);
  } catch (error) {
    if (!isOutOfReach(error)) throw error;
    log.warn("The repository of a push is out of reach", { error: error.name });
  }
}

async function look(octokit: Octokit, watch: Watch): Promise<void> {
  const { event, execution, startedAt } = watch;
  const { moved, repository } = event;
  if ("pull" in moved) return settle(octokit, watch, [moved.pull]);
  const open = await new RepositoryClient(octokit, repository).openPullsInto(moved.branch);
  const numbers = (await watch.agents(octokit, open)).map(({ number }) => number);
  const turn = new SharedTurn(repository.id, `base#${moved.branch}`, execution);
  // An earlier look may have found some that are closed by now.
  if (numbers.length === 0) return turn.release();
  if (!(await turn.begin())) return;
  // Each part is checked twice, a minute apart, because the first check makes GitHub compute.
  const minute = Math.floor((Date.now() - Date.parse(startedAt)) / minuteMs);
  const from = mostInAMinute * Math.floor(minute / 2);
  await settle(octokit, watch, numbers.slice(from, from + mostInAMinute));
  if (from + mostInAMinute < numbers.length) throw new PullsLeftError("Other pull requests are left.");
  if (!(await turn.end())) throw new PullsLeftError("There was another push in the meantime.");
}

/** Checks some pull requests, and reports their conflicts. */
async function settle(octokit: Octokit, watch: Watch, numbers: readonly number[]): Promise<void> {
  const { repository } = watch.event;
  const client = new RepositoryClient(octokit, repository);
  const found = await Promise.all(numbers.map((number) => readNamedPull(client, number)));
  const pulls = await watch.agents(
    octokit,
    found.filter((pull): pull is Pull => pull?.isOpen === true && pull.repositoryId === repository.id),
  );
  await tellConflicts(octokit, watch, pulls);
  const unknown = pulls.filter(({ isMergeable }) => isMergeable === undefined).length;
  if (unknown === 0) return;
  if (Date.now() - Date.parse(watch.startedAt) > patienceMs) {
    log.warn("GitHub did not compute whether pull requests can be merged", { unknown });
    return;
  }
  const what = `GitHub is still computing whether ${unknown} pull requests can be merged.`;
  throw pulls.length > fewEnough ? new PullsLeftError(what) : new MergeabilityUnknownError(what);
}

async function tellConflicts(
  octokit: Octokit,
  { event, relayFlow }: Watch,
  pulls: readonly Pull[],
): Promise<void> {
  const { installation, repository, sender, at } = event;
  for (const pull of pulls) {
    if (pull.isMergeable !== false) continue;
    const { number, url, headSha, baseBranch } = pull;
    const tip = await findCommit(octokit, repository, `heads/${baseBranch}`);
    const baseSha = tip ?? pull.baseSha;
    const conflicted: PullConflicted = {
      type: "pull_conflicted",
      delivery: `conflict-${headSha.slice(0, 12)}-${baseSha.slice(0, 12)}`,
      installation,
      repository,
      sender,
      at,
      pull: { number, url, headSha, baseBranch, baseSha },
    };
    const name = executionName("relay-failure", repository.name, number, conflicted.delivery);
    const start = await startExecution(relayFlow, name, { event: conflicted });
    log.info("A pull request has a conflict", { number, headSha, baseSha, start });
  }
}
