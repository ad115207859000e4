import { wording } from "./wording.js";

/** So short that a terminal of 80 columns does not wrap the line that it stands on. */
const valid = /^[A-Za-z0-9-]{1,40}$/;

/** What looks like a reference, also where a terminal would wrap it. */
const alike = /\[relay(\s+[A-Za-z0-9-]+\s*)\]/gi;

/**
 * The line by which a message is found again in a terminal's log.
 *
 * @throws RangeError where the reference is not 1–40 letters, digits and hyphens.
 */
export function referenceLine(reference: string): string {
  if (!valid.test(reference)) {
    throw new RangeError("A message's reference must be 1 to 40 letters, digits and hyphens.");
  }
  return wording.reference(reference);
}

/**
 * A text that cannot be taken for a message's reference, its own or another's: who quotes one must not make an
 * undelivered message look delivered. `[relay 7f3a]` becomes `(relay 7f3a)`.
 */
export function withoutReferences(text: string): string {
  return text.replace(alike, "(relay$1)");
}
