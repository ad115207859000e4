import type { ExecutionStatus } from "./execution-description.js";
import type { History, HistoryEvent } from "./history.js";
import { maxCauseLength } from "./limits.js";
import type { Step } from "./step.js";

export type EndStatus = Exclude<ExecutionStatus, "RUNNING">;

interface Reason {
  error?: string;
  cause?: string;
}

/** The reason why a state failed the execution. The library wraps the state's error in its own. */
export function reasonOf(thrown: unknown, state: string, step: Step, history: History): Reason {
  const outer = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { name, message } = outer.cause instanceof Error ? outer.cause : outer;
  if (step.failsWithoutError) return {};
  const isRuntime = name === "States.Runtime" && !history.isFull;
  const cause = isRuntime ? `An error occurred while executing the state '${state}'. ${message}` : message;
  return { error: name, cause: cause.slice(0, maxCauseLength) };
}

/** The event that ends an execution. */
export function endEvent(
  status: EndStatus,
  reason: Reason,
  output: string | undefined,
): Parameters<History["end"]> {
  switch (status) {
    case "SUCCEEDED":
      return ["ExecutionSucceeded", { executionSucceededEventDetails: { output: output ?? "null" } }];
    case "FAILED":
      return ["ExecutionFailed", { executionFailedEventDetails: reason }];
    case "ABORTED":
      return ["ExecutionAborted", { executionAbortedEventDetails: reason }];
    case "TIMED_OUT":
      return ["ExecutionTimedOut", { executionTimedOutEventDetails: reason }];
  }
}

/** How the execution ended, from the event that ended it. */
export function endOf(event: HistoryEvent): Reason & { status: EndStatus; output?: string } {
  switch (event.type) {
    case "ExecutionSucceeded":
      return { status: "SUCCEEDED", ...event.executionSucceededEventDetails };
    case "ExecutionFailed":
      return { status: "FAILED", ...event.executionFailedEventDetails };
    case "ExecutionAborted":
      return { status: "ABORTED", ...event.executionAbortedEventDetails };
    case "ExecutionTimedOut":
      return { status: "TIMED_OUT", ...event.executionTimedOutEventDetails };
    default:
      throw new Error(`${event.type} doesn't end an execution`);
  }
}
