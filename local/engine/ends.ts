import type { ExecutionStatus } from "./execution-description.js";
import type { History, HistoryEvent } from "./history.js";

export type EndStatus = Exclude<ExecutionStatus, "RUNNING">;

interface Reason {
  error?: string;
  cause?: string;
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
