import { wasRedriven } from "../aws/redrive-execution.js";
import { passingTroubles, type Service } from "../model/errors.js";
import { log } from "../runtime/log.js";
import { messageOf } from "../status/cause.js";
import { announceFailedFlow, type ExecutionInput, type FailedExecution } from "../status/failed-flow.js";
import type { Records } from "../status/status-comment.js";
import { FailedRuns } from "./failed-runs.js";

const minuteMs = 60_000;

/** Minutes from each failure of a run to its redrive. After the last one, it is left to operators. */
const gaps = [5, 20, 60];

export interface FailedRunReport extends FailedExecution {
  executionArn: string;
  /** How often the run was redriven before it failed, by anybody. */
  redriveCount: number;
}

/**
 * Reports a failed run on its issue or tracking issue. If an outage of a service has failed it, the run is also kept for
 * the Lambda `redrive`. `input` is left out if EventBridge does not tell it. EventBridge can tell of a failure late or twice.
 * If the run was redriven since, nothing is reported: that would replace the status that the run has brought.
 */
export async function handleFailure(
  store: Records,
  failed: FailedRunReport,
  input: ExecutionInput | undefined,
): Promise<void> {
  const { executionArn, name, status, error, redriveCount } = failed;
  if (await wasRedriven(executionArn, redriveCount)) {
    log.info("A flow was redriven before its failure was reported", { execution: name, status, error });
    return;
  }
  log.error("A flow has failed", { execution: name, status, error });
  const isRedriven = await keepForRedrive(failed);
  if (input) await announceFailedFlow(store, failed, input, isRedriven);
}

async function keepForRedrive({
  executionArn,
  error,
  cause,
  redriveCount,
}: FailedRunReport): Promise<boolean> {
  const gapMinutes = gaps[redriveCount];
  if (!error || !passingTroubles.includes(error) || gapMinutes === undefined) return false;
  await new FailedRuns().keep({
    execution: executionArn,
    redrives: redriveCount,
    service: serviceIn(messageOf(cause ?? "")),
    dueAt: Date.now() + gapMinutes * minuteMs,
  });
  return true;
}

/** The service that an error of passing trouble names. */
function serviceIn(message: string): Service | undefined {
  return /\b(GitHub|Coder)\b/.exec(message)?.[1] as Service | undefined;
}
