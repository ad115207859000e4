import { byteLength } from "../text/bytes.js";
import { amount } from "./amount.js";
import type { KeptLine } from "./kept-line.js";
import type { KeptLines } from "./kept-lines.js";
import { ranking } from "./scores.js";

/** Bytes that the mark of a gap takes at most. */
const gapBytes = 44;

/** Lines that may be too long for what is left before nothing more is looked for. */
const mostMisses = 200;

/** What showing a long line whole is worth, of what the line is worth. */
const wholeShare = 0.8;

/** What is shown of the lines that are kept, by their places among these. */
export interface Choice {
  lines: Set<number>;
  /** The long ones that are not cut. */
  whole: Set<number>;
  /** Bytes that it takes. */
  bytes: number;
}

/**
 * The lines that are shown within `budget` bytes: a log that fits is shown whole; of another, the lines whose scores
 * are best, and `least` or more.
 */
export function choose(kept: KeptLines, scores: Float64Array, budget: number, least = 0): Choice {
  const lines = kept.kept;
  const fits = kept.isComplete && kept.size - 1 <= budget && !scores.includes(notShown);
  const choice: Choice = {
    lines: new Set(fits ? lines.keys() : []),
    whole: new Set(),
    bytes: fits ? kept.size - 1 : gapBytes,
  };
  let misses = 0;
  for (const { index, score, isWhole } of offers(lines, scores)) {
    if (misses > mostMisses || score < least) break;
    const line = lines[index] as KeptLine;
    if (isWhole ? !choice.lines.has(index) : choice.lines.has(index)) continue;
    const cost = isWhole
      ? byteLength(line.whole ?? "") + 1 - line.size
      : line.size + gapsAround(lines, choice.lines, index) * gapBytes;
    if (choice.bytes + cost > budget) {
      misses += 1;
      continue;
    }
    choice.bytes += cost;
    (isWhole ? choice.whole : choice.lines).add(index);
  }
  return choice;
}

/** All lines, if they fit into `budget` bytes and none of them is cut: then no score matters. */
export function wholeLog(kept: KeptLines, budget: number): Choice | undefined {
  const fits = kept.isComplete && kept.size - 1 <= budget;
  if (!fits || kept.kept.some(({ whole }) => whole !== undefined)) return undefined;
  return { lines: new Set(kept.kept.keys()), whole: new Set(), bytes: kept.size - 1 };
}

/** The score of a line that must not be shown. */
export const notShown = -1;

/** Lines, and long lines whole, in the order of their worth. */
function offers(lines: readonly KeptLine[], scores: Float64Array) {
  return ranking(scores)
    .flatMap((index) => {
      const score = scores[index] as number;
      const offer = { index, score, isWhole: false };
      const isLong = (lines[index] as KeptLine).whole !== undefined;
      return isLong ? [offer, { index, score: score * wholeShare, isWhole: true }] : [offer];
    })
    .sort((a, b) => b.score - a.score);
}

/** How many gaps more there are with this line than without it: one, none, or one less. */
function gapsAround(lines: readonly KeptLine[], chosen: ReadonlySet<number>, index: number): number {
  const line = lines[index] as KeptLine;
  const before = lines[index - 1];
  const after = lines[index + 1];
  const touchesBefore = chosen.has(index - 1) && before && before.number + before.lines === line.number;
  const touchesAfter = chosen.has(index + 1) && after && line.number + line.lines === after.number;
  return 1 - (touchesBefore ? 1 : 0) - (touchesAfter ? 1 : 0);
}

/** The lines that are chosen, and between them how much was left out. */
export function textOf(kept: KeptLines, { lines, whole }: Choice): string {
  const out: string[] = [];
  let place = { lines: 0, bytes: 0 };
  for (const index of [...lines].sort((a, b) => a - b)) {
    const line = kept.kept[index] as KeptLine;
    if (line.number > place.lines) out.push(gap(line.number - place.lines, line.bytesBefore - place.bytes));
    out.push((whole.has(index) ? line.whole : undefined) ?? line.text);
    place = { lines: line.number + line.lines, bytes: line.bytesBefore + line.bytes };
  }
  if (place.lines < kept.lines) out.push(gap(kept.lines - place.lines, kept.bytes - place.bytes));
  return out.join("\n");
}

const gap = (lines: number, bytes: number): string =>
  `… (${lines.toLocaleString("en-US")} ${lines === 1 ? "line" : "lines"}, ${amount(bytes)} left out)`;
