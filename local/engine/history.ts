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

/** Where the events of one execution are kept outside its memory. */
export interface KeptEvents {
  add(event: HistoryEvent): void;
  /** All of them, the oldest first. */
  load(): HistoryEvent[];
}

/** The events of one execution, including all its redrives. */
export class History {
  /** `undefined` after `release`. */
  #events: HistoryEvent[] | undefined = [];
  #length = 0;
  #stateTransitions = 0;
  /** Whether an attempt of the current state has ended, so that the next one is a retry. */
  #hasAttempted = false;
  readonly #now: () => number;
  readonly #kept: KeptEvents | undefined;

  constructor(now: () => number, kept?: KeptEvents) {
    this.#now = now;
    this.#kept = kept;
  }

  /** The oldest first. */
  get events(): readonly HistoryEvent[] {
    return this.#events ?? this.#kept?.load() ?? [];
  }

  get length(): number {
    return this.#length;
  }

  /** The transitions that AWS would have billed so far: one for each state entered and each retry. */
  get stateTransitions(): number {
    return this.#stateTransitions;
  }

  /** Whether there is room only for the event that ends the execution. */
  get isFull(): boolean {
    return this.#length >= maxHistoryEvents - 1;
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

  /** Adds the event that ends the execution, for which there is always room. Returns it. */
  end(type: HistoryEventType, details: HistoryEventDetails = {}): HistoryEvent {
    const id = this.#length + 1;
    // As in AWS, the first state has no previous event.
    const previousEventId = id <= 2 ? 0 : id - 1;
    const event = { id, previousEventId, timestamp: new Date(this.#now()), type, ...details };
    this.#events ??= this.#kept?.load() ?? [];
    this.#take(event);
    this.#kept?.add(event);
    return event;
  }

  /** Restores the events of a former process. */
  restore(events: readonly HistoryEvent[]): void {
    for (const event of events) this.#take(event);
  }

  /** Restores the counts of an execution that ended in a former process. Its events are loaded at each use. */
  restoreCounts(length: number, stateTransitions: number): void {
    this.#length = length;
    this.#stateTransitions = stateTransitions;
    this.#events = undefined;
  }

  /** Drops the events from memory, if they are kept elsewhere. */
  release(): void {
    if (this.#kept) this.#events = undefined;
  }

  #take(event: HistoryEvent): void {
    this.#events?.push(event);
    this.#length += 1;
    if (event.stateEnteredEventDetails) {
      this.#stateTransitions += 1;
      this.#hasAttempted = false;
    } else if (event.type === "TaskScheduled") {
      if (this.#hasAttempted) this.#stateTransitions += 1;
      this.#hasAttempted = false;
    } else if (event.type.startsWith("Task")) {
      this.#hasAttempted ||= event.type !== "TaskStarted";
    }
  }
}
