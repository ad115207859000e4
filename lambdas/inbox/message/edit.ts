import { previousBodyBytes } from "../../model/event-limits.js";
import { byteLength, cutToBytes } from "../../text/bytes.js";
import { fenced } from "./fence.js";
import { beforeBytes, beforeLead } from "./limits.js";
import { wording } from "./wording.js";

/** The bytes of a character at which a text may have been cut. */
const mostBytesOfCharacter = 4;

/**
 * Quotes the text that an edit replaced. A long one is cut to the part around the first change, unless that comes after the
 * part that the event has.
 */
export function before(previous: string, now: string): string {
  if (previous.trim() === "") return `${wording.before}\n${wording.noText}`;
  const known = byteLength(previous);
  if (known > previousBodyBytes - mostBytesOfCharacter && now.startsWith(previous)) {
    return wording.beforeWasSame(known);
  }
  const start = known <= beforeBytes ? 0 : firstDifference(previous, now, beforeLead);
  const part = cutToBytes(previous.slice(start), beforeBytes).text;
  const missing = known - byteLength(part);
  const title = missing === 0 ? wording.before : wording.beforeInPart(missing);
  return `${title}\n${fenced(part, Number.POSITIVE_INFINITY).text}`;
}

/** The index into `a` that is `lead` characters before the first difference, never within a character. */
function firstDifference(a: string, b: string, lead: number): number {
  const characters = Array.from(a);
  const others = Array.from(b);
  const different = characters.findIndex((character, i) => character !== others[i]);
  const at = different < 0 ? characters.length : different;
  return characters.slice(0, Math.max(0, at - lead)).join("").length;
}
