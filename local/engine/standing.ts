import { recordedError } from "./errors.js";
import type { HistoryEvent } from "./history.js";
import type { Failure } from "./retries.js";

/** A state that was entered and not yet left. */
export interface Visit {
  /** Milliseconds since the epoch. */
  enteredAt: number;
  /** The attempts that have failed, the oldest first. */
  failures: Failure[];
}

/** Where a running execution stands. */
export interface Standing {
  /** The start or the newest redrive, in milliseconds since the epoch. */
  runStartedAt: number;
  redriveDates: Date[];
  /** The last state that was entered, and its input. Absent before the first one. */
  position?: { state: string; input: string };
  /** Absent if the state has yet to be entered. */
  visit?: Visit;
}

/** Where the execution with these events stands. An attempt that was interrupted is made again. */
export function standingOf(events: readonly HistoryEvent[]): Standing {
  const begun = events.findLastIndex(
    ({ type }) => type === "ExecutionStarted" || type === "ExecutionRedriven",
  );
  const entered = events.findLastIndex(({ stateEnteredEventDetails }) => stateEnteredEventDetails);
  const { name: state, input } = events[entered]?.stateEnteredEventDetails ?? {};
  return {
    runStartedAt: timeOf(events[begun]),
    redriveDates: events.filter(({ type }) => type === "ExecutionRedriven").map(({ timestamp }) => timestamp),
    ...(state !== undefined && input !== undefined && { position: { state, input } }),
    ...(entered > begun && {
      visit: { enteredAt: timeOf(events[entered]), failures: events.slice(entered).flatMap(failuresOf) },
    }),
  };
}

function failuresOf(event: HistoryEvent): Failure[] {
  const details = event.taskFailedEventDetails ?? event.taskTimedOutEventDetails;
  if (!details) return [];
  const { error = "Error", cause = error } = details;
  return [{ error: recordedError(error, cause), at: timeOf(event) }];
}

function timeOf(event: HistoryEvent | undefined): number {
  return event?.timestamp.getTime() ?? 0;
}
