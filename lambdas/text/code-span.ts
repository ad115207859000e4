import { oneLine } from "./clean.js";
import { isBacktick, longestBacktickRun } from "./look-alikes.js";

/**
 * An untrusted text as Markdown's inline code, on one line and cut to `length` characters. Nothing in it becomes a
 * mention, a link or HTML, or ends the code. https://spec.commonmark.org/0.31.2/#code-spans
 */
export function codeSpan(text: string, length: number): string {
  const shown = oneLine(text, length);
  if (shown === "") return "(empty)";
  const ticks = "`".repeat(longestBacktickRun(shown) + 1);
  // Markdown strips one space on each side; without it, a backtick at an end would lengthen the fence.
  const blank = isBacktick(shown.at(0) ?? "") || isBacktick(shown.at(-1) ?? "") ? " " : "";
  return `${ticks}${blank}${shown}${blank}${ticks}`;
}
