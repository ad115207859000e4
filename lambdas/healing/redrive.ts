import { redriveExecution } from "../aws/redrive-execution.js";
import { checkCoder } from "../coder/answering.js";
import { findApp } from "../github/as-app.js";
import type { Service } from "../model/errors.js";
import { hasTimeFor } from "../runtime/budget.js";
import { errorName, log } from "../runtime/log.js";
import { measure } from "../runtime/metrics.js";
import { type FailedRun, FailedRuns } from "./failed-runs.js";

/** The time that a redrive may take, in milliseconds. */
const redriveMs = 10_000;

const checks: Record<Service, () => Promise<unknown>> = { GitHub: findApp, Coder: checkCoder };

/** How many runs were redriven, and how many are waiting for their time or for a service. */
export interface RedriveOutcome {
  redriven: number;
  waiting: number;
}

/**
 * Redrives runs that failed because of an outage, if they are due and the service answers again. With `early`, also
 * redrives those that are not due yet.
 */
export async function redriveFailedRuns({ early }: { early: boolean }): Promise<RedriveOutcome> {
  const runs = new FailedRuns();
  const kept = await runs.list();
  const due = kept.filter(({ dueAt }) => early || dueAt <= Date.now());
  const answers = new Map<Service, boolean>();
  let redriven = 0;
  let dropped = 0;
  for (const run of due) {
    if (!hasTimeFor(redriveMs)) break;
    if (!(await isAnswering(run, answers))) continue;
    if (await redriveExecution(run.execution)) redriven += 1;
    else dropped += 1;
    await runs.remove(run);
    log.info("Redriven", { execution: run.execution.replace(/^.*:/, ""), redrives: run.redrives + 1 });
  }
  if (redriven > 0) measure("Redrives", redriven);
  return { redriven, waiting: kept.length - redriven - dropped };
}

/** Whether the service that made the run fail is answering again. Each service is asked once. */
async function isAnswering({ service }: FailedRun, answers: Map<Service, boolean>): Promise<boolean> {
  if (service === undefined) return true;
  const known = answers.get(service);
  if (known !== undefined) return known;
  const answer = await checks[service]().then(
    () => true,
    (error: unknown) => {
      log.warn("A service does not answer yet", { service, error: errorName(error) });
      return false;
    },
  );
  answers.set(service, answer);
  return answer;
}
