import { withoutEscapeSequences } from "./escape-sequences.js";
import { withVisibleInvisibles } from "./invisible.js";
import { type Limit, shortened } from "./limits.js";

/** All that ends a line by Unicode (UAX #14), with runs of CR before an LF as terminals leave them. */
const lineEnds = /\r+\n|[\r\v\f\u0085\u2028\u2029]/g;

/**
 * Text from GitHub as data: without control characters (C0 and C1, except newline and tab), which could press
 * keys in an agent's terminal.
 */
export function withoutControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
}

/**
 * Text from GitHub as an agent may be given it: well-formed Unicode, lines that end in LF, no escape sequences
 * and no control characters (C0 and C1, except newline and tab), and nothing that is there without being seen.
 * Cleaning twice changes nothing. What is cleaned can be longer than what was given.
 */
export function cleanText(text: string): string {
  return visible(withoutEscapeSequences(wellFormed(text)));
}

/**
 * A text on one line, as clean but for what escape sequences leave, with an ellipsis where it was cut: within a
 * service's limit, or within so many characters (code points) where the limit is our own.
 */
export function oneLine(text: string, limit: Limit | number): string {
  const line = visible(wellFormed(text)).replace(/\s+/g, " ").trim();
  return shortened(line, typeof limit === "number" ? { max: limit, unit: "codePoints" } : limit);
}

function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

function visible(text: string): string {
  return withVisibleInvisibles(withoutControls(text.replace(lineEnds, "\n")));
}
