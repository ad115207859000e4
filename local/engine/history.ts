import { TerminalStateError } from "./errors.js";
import { maxHistoryEvents } from "./limits.js";

export type StateType = "Task" | "Wait" | "Choice" | "Pass" | "Succeed" | "Fail";

export type HistoryEventType =
  | "ExecutionStarted"
  | "ExecutionSucceeded"
  | "ExecutionFailed"
  | "ExecutionAborted"
  | "ExecutionTimedOut"
  | "ExecutionRedriven"
  | `${StateType}StateEntered`
  | `${Exclude<StateType, "Fail">}StateExited`
  | "TaskScheduled"
  | "TaskStarted"
  | "TaskSucceeded"
  | "TaskFailed"
  | "TaskTimedOut";

interface ErrorDetails {
  error?: string;
  cause?: string;
}

interface TaskResource {
  /** `lambda` or `states`. */
  resourceType: string;
  /** `invoke` or `startExecution`. */
  resource: string;
}

/** The details of each event type, under the API's own names. Inputs and outputs are JSON texts. */
export interface HistoryEventDetails {
  executionStartedEventDetails?: { input: string };
  executionSucceededEventDetails?: { output: string };
  executionFailedEventDetails?: ErrorDetails;
  executionAbortedEventDetails?: ErrorDetails;
  executionTimedOutEventDetails?: ErrorDetails;
  executionRedrivenEventDetails?: { redriveCount: number };
  stateEnteredEventDetails?: { name: string; input: string };
  stateExitedEventDetails?: { name: string; output: string };
  taskScheduledEventDetails?: TaskResource & {
    region: string;
    parameters: string;
    timeoutInSeconds?: number;
  };
  taskStartedEventDetails?: TaskResource;
  taskSucceededEventDetails?: TaskResource & { output: string };
  taskFailedEventDetails?: TaskResource & ErrorDetails;
  taskTimedOutEventDetails?: TaskResource & ErrorDetails;
}

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html */
export interface HistoryEvent extends HistoryEventDetails {
  /** Counts from 1. */
  id: number;
  previousEventId: number;
  timestamp: Date;
  type: HistoryEventType;
}

/** What happened in one execution, over all its redrives. */
export class History {
  readonly events: HistoryEvent[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether there is room only for the event that ends the execution. */
  get isFull(): boolean {
    return this.events.length >= maxHistoryEvents - 1;
  }

  /** Adds an event that is not the last one. Throws if there is no room for it, which fails the execution. */
  add(type: HistoryEventType, details: HistoryEventDetails = {}): void {
    if (this.isFull) {
      throw new TerminalStateError(
        "States.Runtime",
        `The execution reached the maximum number of history events (${maxHistoryEvents}).`,
      );
    }
    this.end(type, details);
  }

  /** Adds the event that ends the execution, for which there is always room. */
  end(type: HistoryEventType, details: HistoryEventDetails = {}): void {
    const id = this.events.length + 1;
    // In AWS's histories too, the first state has no previous event.
    const previousEventId = id <= 2 ? 0 : id - 1;
    this.events.push({ id, previousEventId, timestamp: new Date(this.#now()), type, ...details });
  }
}
