import { openingBrackets, readAs } from "./look-alikes.js";

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
  const parts: string[] = [];
  let copied = 0;
  const replace = ({ at, length }: Place, replacement: string) => {
    parts.push(text.slice(copied, at), replacement);
    copied = at + length;
  };
  for (const { index, 0: bracket } of text.matchAll(openingBrackets)) {
    const found = referenceAt(text, { at: index, length: bracket.length });
    found?.letters.forEach((place, i) => {
      replace(place, plain.charAt(i));
    });
    if (found?.end) replace(found.end, ")");
  }
  return copied === 0 ? text : parts.join("") + text.slice(copied);
}

const plain = "(relay";
const mostTokenLetters = 40;

/** A character in a text, by its UTF-16 units. */
interface Place {
  at: number;
  length: number;
}

/**
 * The opening bracket, the letters and the closing bracket (if any) of a reference that begins at `start`. Look-alikes and
 * line wraps count as a reader sees them. `[relay]` alone is not a reference.
 */
function referenceAt(text: string, start: Place): { letters: Place[]; end?: Place } | undefined {
  const letters = [start];
  let token = 0;
  for (let at = start.at + start.length; at < text.length && token <= mostTokenLetters; ) {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    const place = { at, length: character.length };
    at += character.length;
    const reading = readAs(character);
    if (reading === "") continue;
    if (letters.length < plain.length) {
      if (reading !== plain[letters.length]) return undefined;
      letters.push(place);
    } else if (reading === "]") {
      return token > 0 ? { letters, end: place } : undefined;
    } else if (/^[a-z0-9-]+$/.test(reading)) {
      token += reading.length;
    } else {
      break;
    }
  }
  return letters.length === plain.length ? { letters } : undefined;
}
