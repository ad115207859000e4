import { withoutEscapeSequences } from "./escape-sequences.js";
import { withVisibleInvisibles } from "./invisible.js";

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
  const wellFormed = text.replace(/\p{Surrogate}/gu, "\ufffd");
  const lines = withoutEscapeSequences(wellFormed).replace(/\r+\n|\r/g, "\n");
  return withVisibleInvisibles(withoutControls(lines));
}

/** On one line, at most `length` characters (code points), with an ellipsis where it was cut. */
export function oneLine(text: string, length: number): string {
  const characters = Array.from(withoutControls(text).replace(/\s+/g, " ").trim());
  return characters.length <= length ? characters.join("") : `${characters.slice(0, length - 1).join("")}…`;
}
