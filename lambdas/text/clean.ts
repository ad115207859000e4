import { withoutEscapeSequences } from "./escape-sequences.js";
import { withVisibleInvisibles } from "./invisible.js";
import { type Limit, shortened } from "./limits.js";

/**
 * Every line end of Unicode (UAX #14), and runs of CR before an LF, as terminals write them. A run matches only from its
 * start; otherwise a long run of CRs without an LF would take quadratic time.
 */
const lineEnds = /(?<!\r)\r+\n|[\r\v\f\u0085\u2028\u2029]/g;

/**
 * Removes control characters (C0 and C1, except newline and tab) from GitHub's text: they could act as key presses in
 * an agent's terminal.
 */
export function withoutControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern has to match control characters
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
}

/**
 * GitHub's text in a form that is safe for an agent: well-formed Unicode, LF line ends, no escape sequences, no control
 * characters (C0 and C1, except newline and tab), and visible escapes for invisible characters. Idempotent. The result
 * can be longer than the text.
 */
export function cleanText(text: string): string {
  return visible(withoutEscapeSequences(wellFormed(text)));
}

/**
 * A text on one line, cleaned except for the remains of escape sequences, and cut with an ellipsis: to a service's
 * limit, or to a number of characters (code points) if the limit is our own.
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
