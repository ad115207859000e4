import type { KeptLine } from "./kept-line.js";
import type { Match } from "./match.js";
import { withoutNumbers } from "./normalized-line.js";

/** A period in which failed steps ran, as `2026-03-04T05:06:07`. */
export interface Period {
  from: string;
  to: string;
}

/** The scores of lines. Near a match, the score falls with each line of distance. */
const worth = {
  end: 75,
  cause: 60,
  /** The last lines before the runner says that the step failed, and of the log. */
  lastBeforeEnd: 58,
  lastOfAll: 36,
  hint: 22,
  step: 26,
  /** A line without any such mark, among others that repeat. */
  rare: 14,
  /** The last lines of the log get the rest of the budget. */
  anyLine: 0.5,
};
const perLineBefore = 0.9;
const perLineAfter = 0.99;
/** The score of lines beyond a match's report, as a share of its match's score. */
const beyond = 0.5;
const least = 1;
/** The score of a line in a report, and of one in the middle of a long report, as a share of its match's score. */
const ofReport = 0.9;
const inMiddle = 0.6;
/** This many lines at each end of a report don't count as its middle. */
const linesInFull = 150;
/** The share of the score that lines outside of failed steps keep. */
const elsewhere = 0.5;
/** After this many failures of one kind, the next one's score is halved. */
const halfAfter = { cause: 40, hint: 6 };
/** How many of a tool's first failures are shown with their whole reports. */
const shownWhole = 3;
/** After this many failures of a tool, the score of the lines around the next one is halved. */
const contextHalfAfter = 40;
/** For every four failures of one kind, three are taken from the beginning and one from the end. */
const lastOnesStep = 3;

/** A repeated line loses this share of its score if the lines around it are also repeated. */
const repetitionLoss = 0.85;
const linesAround = 3;

/** The most lines in a hole, and the share of the score of the lines around it that they get. */
const holeLines = 3;
const ofHole = 0.9;

/** Shares of the budget for the lines before the end of a failed step, and before the end of the log. */
const endShare = 0.3;
const tailShare = 0.25;

/** A score for each line: how much it helps to find the cause of the failure. */
export function scoresOf(
  lines: readonly KeptLine[],
  failed: readonly Period[],
  budget: number,
): Float64Array {
  const scores = new Float64Array(lines.length);
  const positions = positionsOf(lines, failed);
  const ranks = ranksOf(lines);
  const raise = (index: number, score: number) => {
    if (score > (scores[index] as number)) scores[index] = score;
  };
  for (const [index, { match, role, number, isRare }] of lines.entries()) {
    if (role === "step") raise(index, worth.step);
    if (isRare) raise(index, worth.rare);
    if (!match) continue;
    const { grade, before } = match.pattern;
    const worthOfMatch =
      ((role === "end" ? worth.end : worth[grade]) * nearness(positions[index] as number, grade)) /
      (1 + (ranks[index]?.ofKind ?? 0) / halfAfter[role === "end" ? "hint" : grade]);
    raise(index, worthOfMatch);
    // All failures are listed, the first ones with their context.
    const own = worthOfMatch / (1 + (ranks[index]?.ofTool ?? 0) / contextHalfAfter);
    for (let i = index - 1; i >= 0; i--) {
      const distance = number - (lines[i] as KeptLine).number;
      const score = own * perLineBefore ** distance * (distance > before ? beyond : 1);
      if (score < least) break;
      raise(i, score);
    }
    for (let i = index + 1; i < lines.length; i++) {
      const distance = (lines[i] as KeptLine).number - number;
      const score = own * shareAfter(distance, match, (ranks[index]?.ofTool ?? 0) < shownWhole);
      if (score < least) break;
      raise(i, score);
    }
  }
  for (const [index, share] of sharesRepeated(lines).entries()) {
    scores[index] = (scores[index] as number) * (1 - repetitionLoss * share);
  }
  closeHoles(lines, scores);
  raiseBefore(lines, lines.length, worth.lastOfAll, budget * tailShare, raise);
  for (const [index, { role }] of lines.entries()) {
    if (role !== "end" || lines[index - 1]?.role === "end") continue;
    raiseBefore(
      lines,
      index,
      worth.lastBeforeEnd / (1 + (ranks[index]?.ofTool ?? 0) / 4),
      budget * endShare,
      raise,
    );
  }
  return scores.map(
    (score, index) =>
      score * ((positions[index] as number) < 0 ? elsewhere : 1) + (worth.anyLine * index) / lines.length,
  );
}

/** For each line, the share of repeated lines among itself and its neighbors. */
function sharesRepeated(lines: readonly KeptLine[]): number[] {
  const seen = new Set<string>();
  const isOld = lines.map(({ text }) => {
    const old = seen.has(text);
    seen.add(text);
    return old ? 1 : 0;
  });
  return isOld.map((_, index) => {
    const around = isOld.slice(Math.max(0, index - linesAround), index + linesAround + 1);
    return around.reduce((sum: number, old) => sum + old, 0) / around.length;
  });
}

/** Raises the score of a few lines between others with higher scores, because a report with holes is hard to read. */
function closeHoles(lines: readonly KeptLine[], scores: Float64Array): void {
  const before = scores.slice();
  for (const index of lines.keys()) {
    const closed = ofHole * Math.min(mostNear(lines, before, index, -1), mostNear(lines, before, index, 1));
    if (closed > (scores[index] as number)) scores[index] = closed;
  }
}

/** The highest score of the lines on one side that are near enough to leave a hole. */
function mostNear(lines: readonly KeptLine[], scores: Float64Array, index: number, step: 1 | -1): number {
  const { number } = lines[index] as KeptLine;
  let most = 0;
  for (let i = index + step; ; i += step) {
    const line = lines[i];
    if (line === undefined || (line.number - number) * step > holeLines) return most;
    const score = scores[i] as number;
    if (score > most) most = score;
  }
}

/** The score of a line at this distance after a match, as a share of the match's score. */
function shareAfter(distance: number, { pattern, after }: Match, isFirst: boolean): number {
  if (distance > after) return beyond * perLineBefore ** (distance - after);
  // The last lines of a report say what happened, like the exception of a traceback.
  const toEnd = pattern.until ? Math.min(distance, after - distance) : distance;
  if (isFirst || pattern.until) return toEnd < linesInFull ? ofReport : inMiddle;
  return Math.max(inMiddle, perLineAfter ** toEnd);
}

/** The score of a hint falls with its distance to the end; that of a tool's own report hardly does. */
function nearness(position: number, grade: "cause" | "hint"): number {
  const far = grade === "cause" ? 0.8 : 0.4;
  return far + (1 - far) * Math.max(0, position);
}

/** Raises the score of the lines before `end`, less with each byte of distance. */
function raiseBefore(
  lines: readonly KeptLine[],
  end: number,
  most: number,
  within: number,
  raise: (index: number, score: number) => void,
): void {
  let bytes = 0;
  for (let index = end - 1; index >= 0 && bytes < within; index--) {
    raise(index, most * (1 - bytes / within));
    bytes += (lines[index] as KeptLine).size;
  }
}

interface Ranks {
  ofKind: number;
  ofTool: number;
}

/**
 * For each failure, how many of its kind and of its tool precede it. The last ones rank nearly as high as the first.
 */
function ranksOf(lines: readonly KeptLine[]): (Ranks | undefined)[] {
  const kinds = new Map<string, number[]>();
  for (const [index, { match, text }] of lines.entries()) {
    if (!match) continue;
    for (const kind of [match.pattern.tool, `${match.pattern.tool} ${withoutNumbers(text)}`]) {
      const positions = kinds.get(kind);
      if (positions) positions.push(index);
      else kinds.set(kind, [index]);
    }
  }
  const ranks: (Ranks | undefined)[] = Array(lines.length);
  // A kind follows its tool in the map, so the last write of `ofKind` is the kind's.
  for (const positions of kinds.values()) {
    for (const [i, position] of positions.entries()) {
      const rank = Math.min(i, lastOnesStep * (positions.length - i));
      ranks[position] = { ofTool: ranks[position]?.ofTool ?? rank, ofKind: rank };
    }
  }
  return ranks;
}

/**
 * For each line, how near it is to the end of its failed step, from 0 to 1; -1 outside of failed steps. If the failed
 * step is unknown, the whole log counts as one.
 */
function positionsOf(lines: readonly KeptLine[], failed: readonly Period[]): Float64Array {
  const positions = new Float64Array(lines.length).fill(-1);
  const fill = (begin: number, end: number) => {
    for (let i = begin; i <= end; i++) positions[i] = end === begin ? 1 : (i - begin) / (end - begin);
  };
  const isIn = ({ time }: KeptLine, { from, to }: Period) => time !== "" && time >= from && time <= to;
  for (const period of failed) {
    const begin = lines.findIndex((line) => isIn(line, period));
    if (begin >= 0)
      fill(
        begin,
        lines.findLastIndex((line) => isIn(line, period)),
      );
  }
  if (positions.some((position) => position >= 0)) return positions;
  let begin = 0;
  for (const [index, { role }] of lines.entries()) {
    if (role === "step") begin = index;
    if (role !== "end") continue;
    fill(begin, index);
    begin = index + 1;
  }
  if (!positions.some((position) => position >= 0)) fill(0, lines.length - 1);
  return positions;
}

/** The lines' indexes in the order of their scores. If scores are equal, earlier lines come first. */
export function ranking(scores: Float64Array): number[] {
  return [...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
}

/** The lines, in order and up to `limit` bytes in total, that an excerpt of `budget` bytes most likely needs. */
export function best(lines: readonly KeptLine[], limit: number, budget: number): KeptLine[] {
  let left = limit;
  const chosen: number[] = [];
  for (const index of ranking(scoresOf(lines, [], budget))) {
    left -= (lines[index] as KeptLine).size;
    if (left < 0) break;
    chosen.push(index);
  }
  return chosen.sort((a, b) => a - b).map((index) => lines[index] as KeptLine);
}
