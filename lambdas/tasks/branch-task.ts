import { executionName, startExecution } from "../aws/start-execution.js";
import type { BranchFailed, CheckFailed } from "../model/event.js";

/**
 * Starts `create-task` for a branch on which a workflow has failed. The execution is named after the run's delivery, so it
 * starts only once. `text` is the summary of the run's logs, `flow` the ARN of the state machine.
 */
export async function startBranchTask(flow: string, event: CheckFailed, text: string): Promise<void> {
  const { delivery, traceparent, installation, repository, at, run } = event;
  const origin = { delivery, traceparent, installation, repository, at };
  const failed: BranchFailed = { ...origin, type: "branch_failed", run, text };
  const name = executionName("create-task", repository.name, run.id, delivery);
  await startExecution(flow, name, { event: failed });
}
