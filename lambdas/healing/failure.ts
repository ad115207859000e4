import { wasRedriven } from "../aws/redrive-execution.js";
import { passingTroubles, type Service } from "../model/errors.js";
import { log } from "../runtime/log.js";
import { messageOf } from "../status/cause.js";
import { announceFailedFlow, type ExecutionInput, type FailedExecution } from "../status/failed-flow.js";
import type { Records } from "../status/status-comment.js";
import { FailedRuns } from "./failed-runs.js";

const minuteMs = 60_000;

/** Minutes from each failure of a run to its redrive. After the last one, operators have to act. */
const gaps = [5, 20, 60];

export interface FailedRunReport extends FailedExecution {
  executionArn: string;
  /** How often anybody had redriven the run before it failed. */
  redriveCount: number;
}

/**
 * Reports a failed run on its issue or tracking issue. If the outage of a service caused the failure, the run is also
 * stored for the Lambda `redrive`. `input` is left out if EventBridge did not send it. EventBridge can report a failure
 * late or twice. If the run has been redriven since, nothing is reported, because that would replace the status that the
 * redriven run has set.
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

/** The service that the message of a temporary failure names. */
function serviceIn(message: string): Service | undefined {
  return /\b(GitHub|Coder)\b/.exec(message)?.[1] as Service | undefined;
}
