import { redriveExecution } from "../aws/redrive-execution.js";
import { checkCoder } from "../coder/answering.js";
import { findApp } from "../github/as-app.js";
import { passesByItself, type Service } from "../model/errors.js";
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
 * redrives those that are not due yet. If AWS fails temporarily, the next run continues.
 */
export async function redriveFailedRuns({ early }: { early: boolean }): Promise<RedriveOutcome> {
  const outcome: RedriveOutcome = { redriven: 0, waiting: 0 };
  try {
    await redriveDue(outcome, early);
  } catch (error) {
    if (!passesByItself(error)) throw error;
    log.warn("The next run continues with the failed runs", { reason: error.message });
  }
  if (outcome.redriven > 0) measure("Redrives", outcome.redriven);
  return outcome;
}

/** Counts in `outcome`. */
async function redriveDue(outcome: RedriveOutcome, early: boolean): Promise<void> {
  const runs = new FailedRuns();
  const kept = await runs.list();
  const due = kept.filter(({ dueAt }) => early || dueAt <= Date.now());
  const answers = new Map<Service, boolean>();
  outcome.waiting = kept.length;
  for (const run of due) {
    if (!hasTimeFor(redriveMs)) break;
    if (!(await isAnswering(run, answers))) continue;
    if (await redriveExecution(run.execution)) outcome.redriven += 1;
    await runs.remove(run);
    outcome.waiting -= 1;
    log.info("Redriven", { execution: run.execution.replace(/^.*:/, ""), redrives: run.redrives + 1 });
  }
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
