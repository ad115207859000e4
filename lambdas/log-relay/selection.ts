import { byteLength } from "../text/bytes.js";
import { formatBytes } from "./format-bytes.js";
import type { KeptLine } from "./kept-line.js";
import type { KeptLines } from "./kept-lines.js";
import { ranking } from "./scores.js";

/** The most bytes of a note about a gap. */
const gapBytes = 44;

/** The selection ends after this many lines that are too long for the rest of the budget. */
const mostTooLong = 200;

/** The score for showing a long line whole, as a share of the line's score. */
const wholeShare = 0.8;

/** The lines of an excerpt, by their index among the kept lines. */
export interface Selection {
  lines: Set<number>;
  /** The long lines that are not cut. */
  whole: Set<number>;
  /** Bytes of the excerpt. */
  bytes: number;
}

/**
 * Selects the lines of an excerpt of `budget` bytes: all lines if the log fits, or else those with the best scores, at
 * least `least`.
 */
export function select(kept: KeptLines, scores: Float64Array, budget: number, least = 0): Selection {
  const lines = kept.kept;
  const fits = kept.isComplete && kept.size - 1 <= budget && !scores.includes(excluded);
  const selection: Selection = {
    lines: new Set(fits ? lines.keys() : []),
    whole: new Set(),
    bytes: fits ? kept.size - 1 : gapBytes,
  };
  let tooLong = 0;
  for (const { index, score, isWhole } of candidates(lines, scores)) {
    if (tooLong > mostTooLong || score < least) break;
    const line = lines[index] as KeptLine;
    if (isWhole ? !selection.lines.has(index) : selection.lines.has(index)) continue;
    const cost = isWhole
      ? byteLength(line.whole ?? "") + 1 - line.size
      : line.size + gapsAround(lines, selection.lines, index) * gapBytes;
    if (selection.bytes + cost > budget) {
      tooLong += 1;
      continue;
    }
    selection.bytes += cost;
    (isWhole ? selection.whole : selection.lines).add(index);
  }
  return selection;
}

/** All lines, if they fit into `budget` bytes and none of them is cut. Scores don't matter then. */
export function wholeLog(kept: KeptLines, budget: number): Selection | undefined {
  const fits = kept.isComplete && kept.size - 1 <= budget;
  if (!fits || kept.kept.some(({ whole }) => whole !== undefined)) return undefined;
  return { lines: new Set(kept.kept.keys()), whole: new Set(), bytes: kept.size - 1 };
}

/** The score of lines that must not be shown. */
export const excluded = -1;

/** All lines, and the whole versions of long ones, in the order of their scores. */
function candidates(lines: readonly KeptLine[], scores: Float64Array) {
  return ranking(scores)
    .flatMap((index) => {
      const score = scores[index] as number;
      const offer = { index, score, isWhole: false };
      const isLong = (lines[index] as KeptLine).whole !== undefined;
      return isLong ? [offer, { index, score: score * wholeShare, isWhole: true }] : [offer];
    })
    .sort((a, b) => b.score - a.score);
}

/** How many gaps this line adds: 1, 0 or -1. */
function gapsAround(lines: readonly KeptLine[], selected: ReadonlySet<number>, index: number): number {
  const line = lines[index] as KeptLine;
  const before = lines[index - 1];
  const after = lines[index + 1];
  const touchesBefore = selected.has(index - 1) && before && before.number + before.lines === line.number;
  const touchesAfter = selected.has(index + 1) && after && line.number + line.lines === after.number;
  return 1 - (touchesBefore ? 1 : 0) - (touchesAfter ? 1 : 0);
}

/** The selected lines, with notes about the gaps between them. */
export function textOf(kept: KeptLines, { lines, whole }: Selection): string {
  const out: string[] = [];
  let position = { lines: 0, bytes: 0 };
  for (const index of [...lines].sort((a, b) => a - b)) {
    const line = kept.kept[index] as KeptLine;
    if (line.number > position.lines)
      out.push(gap(line.number - position.lines, line.bytesBefore - position.bytes));
    out.push((whole.has(index) ? line.whole : undefined) ?? line.text);
    position = { lines: line.number + line.lines, bytes: line.bytesBefore + line.bytes };
  }
  if (position.lines < kept.lines) out.push(gap(kept.lines - position.lines, kept.bytes - position.bytes));
  return out.join("\n");
}

const gap = (lines: number, bytes: number): string =>
  `… (${lines.toLocaleString("en-US")} ${lines === 1 ? "line" : "lines"}, ${formatBytes(bytes)} left out)`;
