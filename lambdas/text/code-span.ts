import { oneLine } from "./clean.js";
import { isBacktick, longestBacktickRun } from "./look-alikes.js";

/**
 * A text from outside as Markdown's inline code, on one line and cut to `length` characters: nothing in it becomes a
 * mention, a link or HTML, and nothing in it ends the code. https://spec.commonmark.org/0.31.2/#code-spans
 */
export function codeSpan(text: string, length: number): string {
  const shown = oneLine(text, length);
  if (shown === "") return "(empty)";
  const ticks = "`".repeat(longestBacktickRun(shown) + 1);
  // One blank on each side is not shown; without it, a backtick at an end would lengthen the fence.
  const blank = isBacktick(shown.at(0) ?? "") || isBacktick(shown.at(-1) ?? "") ? " " : "";
  return `${ticks}${blank}${shown}${blank}${ticks}`;
}
