import { isOpeningBracket, readAs } from "./look-alikes.js";

/** So short that a terminal of 80 columns does not wrap the line that it stands on. */
const valid = /^[A-Za-z0-9-]{1,40}$/;

/**
 * The line by which a message is found again in a terminal's log.
 *
 * @throws RangeError where the reference is not 1–40 letters, digits and hyphens.
 */
export function referenceLine(reference: string): string {
  if (!valid.test(reference)) {
    throw new RangeError("A message's reference must be 1 to 40 letters, digits and hyphens.");
  }
  return `[relay ${reference}]`;
}

/**
 * A text that cannot be taken for a message's reference, its own or another's: who quotes one must not make an
 * undelivered message look delivered. `[relay 7f3a]` becomes `(relay 7f3a)`, whatever brackets and letters it was
 * written with.
 */
export function withoutReferences(text: string): string {
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
 * Where the bracket and the letters of a reference stand that begins at `start`, as a reader would take them and
 * wherever a terminal wraps it, and its closing bracket if it has one. `[relay]` by itself is none.
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
