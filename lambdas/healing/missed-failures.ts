import { findFailedHeads, listRunsOfCommit } from "../github/failed-heads.js";
import type { ListedRepository } from "../github/installations.js";
import type { SurveyedPull } from "../github/survey.js";
import { inputsOfFailure } from "../inbox/inputs.js";
import { isMissing } from "../inbox/missing.js";
import type { Relayed } from "../model/relayed.js";
import { classify } from "../webhook/classify.js";
import { agentsPulls, type Batch, isSettled } from "./batch.js";
import { Destinations } from "./destinations.js";
import { commonPayload, deliveryOf, type MissedDelivery, nameOf } from "./missed-delivery.js";

/** Inboxes remember what they had for eight days. */
const longestMs = 7 * 24 * 3600_000;

/**
 * Failed workflow runs on the newest commits of the agent's open pull requests that its inbox never got. What else
 * makes such a commit bad (other CI, a conflict with the base) belongs here too, once the flows know it.
 */
export async function missedFailures(batch: Batch): Promise<MissedDelivery[]> {
  const { octokit, surveys } = batch;
  const pulls = surveys.flatMap((survey) =>
    agentsPulls(batch, survey).map((pull) => ({ pull, repository: survey.repository })),
  );
  const ids = pulls.map(({ pull }) => pull.nodeId);
  const failed = await findFailedHeads(octokit, ids);
  const destinations = new Destinations(batch);
  const missed: MissedDelivery[] = [];
  for (const { pull, repository } of pulls) {
    if (!failed.has(pull.nodeId)) continue;
    for (const run of await listRunsOfCommit(octokit, repository, pull.headSha)) {
      const isOld = Date.parse(run.updated_at) < Date.now() - longestMs;
      if (isOld || !isSettled(batch, run.updated_at)) continue;
      const found = failureOf(batch, repository, pull, run);
      if (await isLacking(batch, destinations, pull, found)) missed.push(found);
    }
  }
  return missed;
}

interface Run {
  id: number | bigint;
  run_attempt?: number;
  actor?: unknown;
  triggering_actor?: unknown;
}

function failureOf(
  { installation }: Batch,
  repository: ListedRepository,
  { number }: SurveyedPull,
  run: Run,
): MissedDelivery {
  const { id, run_attempt: attempt = 1, actor, triggering_actor: restarter = actor } = run;
  return {
    type: "workflow_run",
    payload: {
      action: "completed",
      ...commonPayload(installation, repository),
      workflow_run: { ...run, run_attempt: attempt },
      sender: restarter,
    },
    fact: `run#${id}#${attempt}`,
    gap: `${nameOf(repository, number)} has a failed run (${id}) that the agent did not get`,
  };
}

async function isLacking(
  { identities, state }: Batch,
  destinations: Destinations,
  { number, url }: SurveyedPull,
  { type, payload, fact }: MissedDelivery,
): Promise<boolean> {
  const classified = classify(type, deliveryOf(fact), payload, identities);
  if ("skipped" in classified || classified.event.type !== "check_failed") return false;
  if (await state.isDone(fact)) return false;
  const { event } = classified;
  const key = await destinations.ofPull(event, number);
  if (!key) return false;
  const subject = { kind: "pull", number, url } as const;
  const relayed: Relayed = { silence: "", who: "", text: "", branch: event.run.branch, checks: [] };
  for (const input of inputsOfFailure(event, subject, key, relayed)) {
    if (await isMissing(key, input)) return true;
  }
  // Until the next commit, the pull request would lead to its task once more in each sweep.
  await state.noteDone(fact);
  return false;
}
