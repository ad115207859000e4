/**
 * Characters that a reader may take for others: by their look, or because Unicode normalization (NFC, NFKC) makes
 * the others of them. Where a text must not leave its place, they count as what they look like.
 */

/** The backtick, what becomes one by normalization (U+1FEF, U+FF40), and what looks like one. */
const backticks = "`\\u1fef\\uff40\\u02cb\\u02f4\\u2018\\u201b\\u2035";
const backtickRun = new RegExp(`[${backticks}]+`, "g");
const oneBacktick = new RegExp(`[${backticks}]`);

/** Whether a character is a backtick or may be taken for one. */
export function isBacktick(character: string): boolean {
  return oneBacktick.test(character);
}

/** How many backticks, or what may be taken for them, stand in a row at the most. */
export function longestBacktickRun(text: string): number {
  return (text.match(backtickRun) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0);
}

/** With `replacement` in the place of each backtick, and of what may be taken for one. */
export function withoutBackticks(text: string, replacement: string): string {
  return text.replace(backtickRun, (run) => replacement.repeat(run.length));
}

const fence = new RegExp(`[${backticks}]{3,}|[~\\uff5e]{3,}`, "g");

/** Whether something would be the fence of a code block by its look or by normalization alone. */
export function hasLookAlikeFence(text: string): boolean {
  return (text.match(fence) ?? []).some((run) => /[^`~]/.test(run));
}

/** With apostrophes in the place of what could be taken for the fence of a code block. */
export function withoutFences(text: string): string {
  return text.replace(fence, "'''");
}

/** Opening and closing punctuation that is neither round nor curly, and the pieces of tall brackets. */
const opening = /^(?![({⁽₍⎛⎧])[\p{Ps}\u23a1-\u23a3]$/u;
const closing = /^(?![)}⁾₎⎞⎫])[\p{Pe}\u23a4-\u23a6]$/u;

/** Whether a character opens brackets of a kind that could be taken for square ones. */
export function isOpeningBracket(character: string): boolean {
  return opening.test(character);
}

/** Cyrillic and Greek letters, and signs, that have the look of those in `relay`. */
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

/** Of what is not ASCII: a long text has few different characters. */
const readings = new Map<string, string>();

/**
 * What a character reads as, for a search: brackets as `[` and `]`, letters as small Latin ones without their marks,
 * blanks, and what cannot be seen, as nothing. `i`, `1` and `|` read as `l`.
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
