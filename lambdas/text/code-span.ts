import { oneLine } from "./clean.js";
import { withVisibleInvisibles } from "./invisible.js";

/**
 * A text from outside as Markdown's inline code, on one line and cut to `length` characters: nothing in it becomes a
 * mention, a link or HTML, and nothing in it ends the code. https://spec.commonmark.org/0.31.2/#code-spans
 */
export function codeSpan(text: string, length: number): string {
  const shown = oneLine(withVisibleInvisibles(text), length);
  if (shown === "") return "(empty)";
  const runs = new Set((shown.match(/`+/g) ?? []).map((run) => run.length));
  let fence = 1;
  while (runs.has(fence)) fence += 1;
  const ticks = "`".repeat(fence);
  // One blank on each side is not shown; without it, a backtick at an end would lengthen the fence.
  const blank = shown.startsWith("`") || shown.endsWith("`") ? " " : "";
  return `${ticks}${blank}${shown}${blank}${ticks}`;
}
