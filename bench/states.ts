import type { HistoryEvent } from "../local/engine/index.js";
import { median, type Row } from "./figures.js";

/**
 * The median duration of each state, in the order of the states, up to and including the state `last`. The times of a
 * state that was entered several times are added up.
 */
export function statesOnTheWay(histories: readonly (readonly HistoryEvent[])[], last: string): Row[] {
  const durations = new Map<string, number[]>();
  for (const history of histories) {
    for (const [state, ms] of durationsIn(history, last)) {
      durations.set(state, [...(durations.get(state) ?? []), ms]);
    }
  }
  return [...durations].map(([name, samples]) => ({ name, values: { "p50 ms": median(samples) } }));
}

function durationsIn(history: readonly HistoryEvent[], last: string): Map<string, number> {
  const sums = new Map<string, number>();
  let enteredAt = 0;
  for (const { timestamp, stateEnteredEventDetails, stateExitedEventDetails } of history) {
    if (stateEnteredEventDetails) enteredAt = timestamp.getTime();
    const left = stateExitedEventDetails?.name;
    if (left === undefined) continue;
    sums.set(left, (sums.get(left) ?? 0) + timestamp.getTime() - enteredAt);
    if (left === last) break;
  }
  return sums;
}
