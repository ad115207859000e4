import { cleanText, oneLine } from "../../text/clean.js";
import { withoutBackticks } from "../../text/look-alikes.js";
import { withoutReferences } from "../../text/reference.js";
import { wording } from "./wording.js";

/** A text as it is quoted: clean, and without anything that looks like the relay's own lines. */
export function quotable(text: string): string {
  return withoutReferences(cleanText(text));
}

/** A name as it stands in a line: clean, at most `length` characters, without backticks, never empty. */
export function label(text: string, length: number): string {
  return withoutBackticks(oneLine(quotable(text), length), "'") || wording.noName;
}
