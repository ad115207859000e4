/**
 * Characters that a reader may confuse with others because they look alike, or because Unicode normalization (NFC,
 * NFKC) turns them into the others. Where a text must stay inside its delimiters, they count as those others.
 */

/** The backtick, characters that normalization turns into one (U+1FEF, U+FF40), and look-alikes. */
const backticks = "`\u1fef\uff40\u02cb\u02f4\u2018\u201b\u2035";
const backtickRun = new RegExp(`[${backticks}]+`, "g");
const eachBacktick = new Set(backticks);

/** Whether a character is a backtick or looks like one. */
export function isBacktick(character: string): boolean {
  return eachBacktick.has(character);
}

/** The length of the longest run of backticks and their look-alikes. */
export function longestBacktickRun(text: string): number {
  return (text.match(backtickRun) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0);
}

/** Replaces each backtick and each of its look-alikes with `replacement`. */
export function withoutBackticks(text: string, replacement: string): string {
  return text.replace(backtickRun, (run) => replacement.repeat(run.length));
}

const fence = new RegExp(`[${backticks}]{3,}|[~\\uff5e]{3,}`, "g");

/** Whether a text looks like the fence of a code block, or normalization turns it into one. */
export function hasLookAlikeFence(text: string): boolean {
  return (text.match(fence) ?? []).some((run) => /[^`~]/.test(run));
}

/** Replaces look-alikes of a code block's fence with apostrophes. */
export function withoutFences(text: string): string {
  return text.replace(fence, "'''");
}

/** Opening and closing punctuation that is neither round nor curly, and the pieces of tall brackets. */
const anyOpening = /(?![({⁽₍⎛⎧])[\p{Ps}\u23a1-\u23a3]/u;
const opening = new RegExp(`^${anyOpening.source}$`, "u");
const closing = /^(?![)}⁾₎⎞⎫])[\p{Pe}\u23a4-\u23a6]$/u;

/** All opening brackets of a text that look like square ones. */
export const openingBrackets = new RegExp(anyOpening, "gu");

/** Cyrillic and Greek letters, and symbols, that look like the letters of `relay`. */
const letters: Readonly<Record<string, string>> = {
  а: "a",
  α: "a",
  е: "e",
  ε: "e",
  у: "y",
  γ: "y",
  г: "r",
  ӏ: "l",
  ι: "l",
  і: "l",
  i: "l",
  ı: "l",
  "1": "l",
  "|": "l",
};

/** A cache for non-ASCII characters: a long text has few different ones. */
const readings = new Map<string, string>();

/**
 * The form of a character that a search compares: `[` or `]` for brackets, lower-case Latin letters without marks for
 * letters, `l` for `i`, `1` and `|`, and nothing for spaces and invisible characters.
 */
export function readAs(character: string): string {
  if (character < "\u0080") {
    const plain = character.trim().toLowerCase();
    return letters[plain] ?? plain;
  }
  const known = readings.get(character);
  if (known !== undefined) return known;
  const reading = readAnew(character);
  readings.set(character, reading);
  return reading;
}

function readAnew(character: string): string {
  const plain = character
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\s\p{M}\p{Default_Ignorable_Code_Point}]/gu, "");
  return Array.from(plain, (part) => {
    if (opening.test(part)) return "[";
    return closing.test(part) ? "]" : (letters[part] ?? part);
  }).join("");
}
