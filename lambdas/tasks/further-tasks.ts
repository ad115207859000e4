import { executionName, startExecution } from "../aws/start-execution.js";
import type { InboxEvent } from "../model/event.js";
import { log } from "../runtime/log.js";

/**
 * If a failure concerns several tasks, starts `relay-failure` for each further one, so each has its own rounds and retries.
 * `pulls` are the numbers of their pull requests, which also name the executions. The first task's execution is named after
 * the failure.
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
