import { cleanText, oneLine } from "../../text/clean.js";
import { withoutBackticks } from "../../text/look-alikes.js";
import { withoutReferences } from "../../text/reference.js";
import { wording } from "./wording.js";

/** Cleans a text for quotation, and removes everything that looks like the relay's own lines. */
export function quotable(text: string): string {
  return withoutReferences(cleanText(text));
}

/** Cleans a name for use within a line: at most `length` characters, no backticks, never empty. */
export function label(text: string, length: number): string {
  return withoutBackticks(oneLine(quotable(text), length), "'") || wording.noName;
}
