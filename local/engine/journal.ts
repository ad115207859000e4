import type { HistoryEvent } from "./history.js";

/** An execution as a journal keeps it, without its events. */
export interface StoredExecution {
  arn: string;
  /** The state machine as the execution runs it. */
  machine: { arn: string; definition: string; created: Date };
  name: string;
  /** JSON text. */
  input: string;
  startDate: Date;
  /** Absent while the execution runs. */
  end?: StoredEnd;
}

export interface StoredEnd {
  /** The event that ended it. */
  event: HistoryEvent;
  stateTransitions: number;
  redriveDates: Date[];
}

/**
 * Keeps executions so that another process can continue them. Notes are stored in the order of the calls. Notes that are
 * made together are stored as a whole or not at all.
 */
export interface Journal {
  /** Notes that an execution has started, has ended or runs again. */
  note(execution: StoredExecution): void;
  /** Notes an execution's next event. */
  add(executionArn: string, event: HistoryEvent): void;
  /** Resolves once all notes so far are on the disk. */
  stored(): Promise<void>;
  /** An execution's events, the oldest first. */
  events(executionArn: string): HistoryEvent[];
  /** Removes an execution and its events. */
  forget(executionArn: string): void;
}
