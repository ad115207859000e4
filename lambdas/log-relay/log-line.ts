import { redText } from "./patterns/words.js";
import { plainText } from "./plain-text.js";
import { heldBytes, type Page } from "./raw-lines.js";
import { isStampAt, stampBytes } from "./time-stamp.js";
import { textWithNuls } from "./utf16.js";

/** One line of a log, as plain text. */
export interface LogLine {
  /** The line, or the beginning of one that is too long to hold. */
  text: string;
  /** Bytes of the line between `text` and `end`. */
  missing: number;
  /** The end of a line that is too long to hold. */
  end: string;
  /** When it was written, to the second: `2026-03-04T05:06:07`. Empty if the log has no times. */
  time: string;
  isRed: boolean;
}

const secondsLength = "2026-03-04T05:06:07".length;

/** Bytes of the time stamp at the beginning of a page's line. */
export function stampOf({ bytes, starts, ends }: Page, index: number): number {
  const start = starts[index] as number;
  if ((ends[index] as number) - start < stampBytes - 1) return 0;
  return isStampAt(bytes, start) ? stampBytes : 0;
}

/** A line of a page as text; `undefined` if it is only the rest of a line end in UTF-16. */
export function lineOf(page: Page, index: number): LogLine | undefined {
  const { bytes, starts, ends, missing } = page;
  const start = starts[index] as number;
  const end = ends[index] as number;
  const time = stampOf(page, index) > 0 ? bytes.toString("latin1", start, start + secondsLength) : "";
  if (missing === 0 && end - start <= 2 * heldBytes) {
    const line = bytes.subarray(start, end);
    // A NUL after the line end means UTF-16, even if no character before it has a NUL.
    const hasNul = line.includes(0) || (bytes[end + 1] === 0 && line.length > 0);
    const text = hasNul ? textWithNuls(line, stampOf(page, index)) : line.toString();
    if (text === undefined) return undefined;
    return { text: plainText(text), missing: 0, end: "", time, isRed: redText.regex.test(text) };
  }
  const firstEnd = characterStart(bytes, start + heldBytes);
  const lastStart = characterStart(bytes, end - heldBytes);
  return {
    text: plainText(bytes.toString("utf8", start, firstEnd)),
    missing: missing + lastStart - firstEnd,
    end: plainText(bytes.toString("utf8", lastStart, end)),
    time,
    isRed: false,
  };
}

/** `at`, or the start of the character that a cut at `at` would split. */
function characterStart(bytes: Uint8Array, at: number): number {
  let start = at;
  while (at - start < 3 && ((bytes[start] as number) & 0xc0) === 0x80) start -= 1;
  return start;
}
