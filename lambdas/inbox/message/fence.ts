import { byteLength, type Cut, cutWhere, utf8Length } from "../../text/bytes.js";
import { hasLookAlikeFence, isBacktick, longestBacktickRun, withoutFences } from "../../text/look-alikes.js";

const shortest = 3;

/**
 * Puts the text between two lines of backticks that are longer than any run of backticks in the text. Characters that look
 * like a backtick or are normalized to one count as well, so nothing in the text can end the fence. The result has at most
 * `room` UTF-8 bytes; `missing` is the number of the text's bytes that were left out.
 */
export function fenced(text: string, room: number): Cut {
  const whole = between(text);
  if (byteLength(whole) <= room) return { text: whole, missing: 0 };
  let bytes = 0;
  let run = 0;
  let fence = fenceLength(run);
  // A longer run of backticks also lengthens both lines of the fence, so each of its backticks costs three bytes.
  const cut = cutWhere(text, (character) => {
    bytes += utf8Length(character);
    run = isBacktick(character) ? run + 1 : 0;
    if (run >= fence) fence = fenceLength(run);
    return bytes + 2 * (fence + 1) > room;
  });
  return { text: between(cut.text), missing: cut.missing };
}

function between(text: string): string {
  const fence = "`".repeat(fenceLength(longestBacktickRun(text)));
  return `${fence}\n${text}\n${fence}`;
}

/** Makes a text safe outside a fence: if it could leave a fence of its own open, all its fences are removed. */
export function withClosedFences(text: string): string {
  return hasLookAlikeFence(text) || isLeftOpen(text) ? withoutFences(text) : text;
}

/** By the rules of CommonMark: https://spec.commonmark.org/0.31.2/#fenced-code-blocks */
function isLeftOpen(text: string): boolean {
  let open: string | undefined;
  for (const line of text.split("\n")) {
    const [, run, rest = ""] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (run === undefined) continue;
    if (open === undefined) open = run;
    else if (run[0] === open[0] && run.length >= open.length && rest.trim() === "") open = undefined;
  }
  return open !== undefined;
}

function fenceLength(run: number): number {
  return Math.max(shortest, run + 1);
}
