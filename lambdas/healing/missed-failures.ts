import { ignoredChecks } from "../ci/ignored-checks.js";
import { findHeads, listRunsOfCommit, type PullHead } from "../github/pull-heads.js";
import type { SurveyedPull } from "../github/survey.js";
import { fingerprintOf } from "../inbox/stored-input.js";
import { ciEnvironment } from "../runtime/environment.js";
import { classify } from "../webhook/classify.js";
import { type Batch, isSettled, longestMs, workedOnPulls } from "./batch.js";
import { Destinations } from "./destinations.js";
import type { Failure, HeadOfPull } from "./head-of-pull.js";
import { missedConflicts } from "./missed-conflicts.js";
import { commonPayload, deliveryOf, type MissedDelivery, nameOf } from "./missed-delivery.js";
import { missedReports } from "./missed-reports.js";

const { CI_SETTLE_MINUTES: settleMinutes } = ciEnvironment();

/**
 * Problems with the newest commits of the pull requests that the agent works on, if they never reached an inbox: failed
 * workflow runs, failures of other CI, and conflicts with the base branch.
 */
export async function missedFailures(batch: Batch): Promise<MissedDelivery[]> {
  const pulls = batch.surveys.flatMap((survey) =>
    workedOnPulls(batch, survey).map((pull) => ({ survey, pull })),
  );
  const heads = await findHeads(
    batch.octokit,
    pulls.map(({ pull }) => pull.nodeId),
  );
  const found = pulls.flatMap(({ survey, pull }): HeadOfPull[] => {
    const head = heads.get(pull.nodeId);
    return head ? [{ survey, pull, head }] : [];
  });
  const destinations = new Destinations(batch);
  const missed = await missedConflicts(batch, destinations, found);
  for (const one of found) missed.push(...(await missedOnHead(batch, destinations, one)));
  return missed;
}

/** Once all failures of a commit have been delivered, or can't be, they cost no request until something else fails. */
async function missedOnHead(
  batch: Batch,
  destinations: Destinations,
  one: HeadOfPull,
): Promise<MissedDelivery[]> {
  const { pull, head } = one;
  if (head.failures === "") return [];
  const toldFact = `told#${pull.nodeId}#${pull.headSha}#${fingerprintOf(head.failures)}`;
  if (await batch.state.isDone(toldFact)) return [];
  const failures = [
    ...(head.hasFailedRuns ? await failedRuns(batch, one) : []),
    ...(head.hasFailedReports ? await missedReports(batch, one) : []),
  ];
  const settled = failures.filter(({ at }) => isOver(batch, head, at));
  const missed: MissedDelivery[] = [];
  for (const failure of settled) {
    const isOld = Date.parse(failure.at) < Date.now() - longestMs;
    if (!isOld && (await isLacking(batch, destinations, pull, failure))) missed.push(failure.missed);
  }
  if (missed.length === 0 && settled.length === failures.length) await batch.state.noteDone(toldFact);
  return missed;
}

/** While other checks of the commit are running, the failure's own flow may still be waiting for them. */
function isOver(batch: Batch, { isRunning }: PullHead, at: string): boolean {
  const since = Date.parse(at) + (isRunning ? settleMinutes * 60_000 : 0);
  return isSettled(batch, new Date(since).toISOString());
}

async function failedRuns(
  { octokit, installation }: Batch,
  { survey, pull }: HeadOfPull,
): Promise<Failure[]> {
  const { repository } = survey;
  const isIgnored = ignoredChecks(survey);
  const runs = await listRunsOfCommit(octokit, repository, pull.headSha);
  return runs
    .filter(({ name }) => !isIgnored(name ?? ""))
    .map((run): Failure => {
      const { id, run_attempt: attempt = 1, actor, triggering_actor: restarter = actor } = run;
      return {
        at: run.updated_at,
        checks: [],
        missed: {
          type: "workflow_run",
          payload: {
            action: "completed",
            ...commonPayload(installation, repository),
            workflow_run: { ...run, run_attempt: attempt },
            sender: restarter,
          },
          fact: `run#${id}#${attempt}`,
          gap: `${nameOf(repository, pull.number)} has a failed run (${id}) that the agent did not get`,
        },
      };
    });
}

async function isLacking(
  { identities, state }: Batch,
  destinations: Destinations,
  pull: SurveyedPull,
  { missed: { type, payload, fact }, checks }: Failure,
): Promise<boolean> {
  const classified = classify(type, deliveryOf(fact), payload, identities);
  if ("skipped" in classified || (await state.isDone(fact))) return false;
  const { event } = classified;
  const isFailure =
    event.type === "check_failed" || (event.type === "check_reported" && !event.report.needsApproval);
  return isFailure && destinations.lacks(pull, event, checks);
}
