import { TerminalStateError } from "./errors.js";
import type { Run } from "./run.js";
import type { JsonValue, Step } from "./step.js";

export interface WaitClock {
  timeScale: number;
  now: () => number;
  /** When the state was entered, in milliseconds since the epoch. */
  enteredAt: number;
}

/** Waits in a Wait state for the time that the state or `given` names. Returns the state's input. */
export async function waitIn(
  run: Run,
  step: Step,
  given: JsonValue,
  { now, timeScale, enteredAt }: WaitClock,
): Promise<JsonValue> {
  const wait = step.readWait(given);
  if (!wait) {
    throw new TerminalStateError(
      "States.Runtime",
      `${JSON.stringify(given)} does not say how long to wait; expected whole seconds or an RFC 3339 timestamp`,
    );
  }
  const { length, input } = wait;
  const ms = "seconds" in length ? length.seconds * 1000 : new Date(length.until).getTime() - enteredAt;
  await run.waitUntil(enteredAt + Math.max(0, ms) * timeScale, now);
  return input;
}
