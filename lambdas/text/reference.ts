import { hasOpeningBracket, isOpeningBracket, readAs } from "./look-alikes.js";

/** Short enough that a terminal of 80 columns does not wrap its line. */
const valid = /^[A-Za-z0-9-]{1,40}$/;

/**
 * The line that identifies a message in a terminal's log.
 *
 * @throws RangeError if the reference is not 1–40 letters, digits and hyphens.
 */
export function referenceLine(reference: string): string {
  if (!valid.test(reference)) {
    throw new RangeError("A message's reference must be 1 to 40 letters, digits and hyphens.");
  }
  return `[relay ${reference}]`;
}

/**
 * Disarms references in a text, because a quoted reference could make an undelivered message look delivered.
 * `[relay 7f3a]` becomes `(relay 7f3a)`, also if it was written with look-alikes.
 */
export function withoutReferences(text: string): string {
  // Most long texts are logs without one.
  if (!hasOpeningBracket(text)) return text;
  const characters = Array.from(text);
  for (let start = 0; start < characters.length; start += 1) {
    if (!isOpeningBracket(characters[start] ?? "")) continue;
    const found = referenceAt(characters, start);
    found?.letters.forEach((index, i) => {
      characters[index] = plain.charAt(i);
    });
    if (found?.end !== undefined) characters[found.end] = ")";
  }
  return characters.join("");
}

const plain = "(relay";
const mostTokenLetters = 40;

/**
 * The indexes of the opening bracket, the letters and the closing bracket (if any) of a reference that begins at
 * `start`. Look-alikes and line wraps count as a reader sees them. `[relay]` alone is not a reference.
 */
function referenceAt(
  characters: readonly string[],
  start: number,
): { letters: number[]; end?: number } | undefined {
  const letters = [start];
  let token = 0;
  for (let index = start + 1; index < characters.length && token <= mostTokenLetters; index += 1) {
    const reading = readAs(characters[index] ?? "");
    if (reading === "") continue;
    if (letters.length < plain.length) {
      if (reading !== plain[letters.length]) return undefined;
      letters.push(index);
    } else if (reading === "]") {
      return token > 0 ? { letters, end: index } : undefined;
    } else if (/^[a-z0-9-]+$/.test(reading)) {
      token += reading.length;
    } else {
      break;
    }
  }
  return letters.length === plain.length ? { letters } : undefined;
}
