import { executionName, startExecution } from "../aws/start-execution.js";
import type { InboxEvent } from "../model/event.js";
import { log } from "../runtime/log.js";

/**
 * Starts `relay-failure` for each further task that a failure concerns, given the numbers of their pull requests. So each task
 * has its own rounds and retries. These executions are named after the pull request, the first task's after the failure.
 */
export async function relayToFurtherTasks(
  relayFlow: string,
  event: InboxEvent,
  pulls: readonly number[],
): Promise<void> {
  for (const onlyPull of pulls) {
    const name = executionName("relay-failure", event.repository.name, onlyPull, event.delivery);
    const start = await startExecution(relayFlow, name, { event: { ...event, onlyPull } });
    log.info("A pull request of another task has the same commit", { pull: onlyPull, start });
  }
}
