import { TerminalStateError } from "./errors.js";

/**
 * Maximum size of an input, a result or an output in bytes of UTF-8.
 * https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
 */
export const maxPayloadBytes = 262_144;

/** Maximum number of events in the history of one execution. */
export const maxHistoryEvents = 25_000;

/** Maximum length of an error's cause in characters; the API truncates longer ones. */
export const maxCauseLength = 32_768;

const dayMs = 24 * 60 * 60 * 1000;

/** How long after its end an execution is kept and its name stays taken. */
export const nameReservationMs = 90 * dayMs;

/** How long after its end an execution can be redriven. */
export const redrivablePeriodMs = 14 * dayMs;

/** How long after its start an execution may be open, including all its redrives. */
export const maxOpenTimeMs = 365 * dayMs;

/** The longest wait of a Node.js timer in whole seconds (2^31 - 1 ms): a longer one fires at once. */
export const maxTimerSeconds = 2_147_483;

/** A value as JSON text. Throws `States.DataLimitExceeded` if the text is too large to pass between states. */
export function encodeStateData(value: unknown, what: string): string {
  const json = JSON.stringify(value) ?? "null";
  if (exceedsPayloadLimit(json)) {
    throw new TerminalStateError(
      "States.DataLimitExceeded",
      `${what} has a size exceeding the maximum number of bytes service limit.`,
    );
  }
  return json;
}

export function exceedsPayloadLimit(json: string): boolean {
  // A UTF-16 unit takes at most three bytes, so the bytes of short texts need no counting.
  return json.length * 3 > maxPayloadBytes && Buffer.byteLength(json) > maxPayloadBytes;
}
