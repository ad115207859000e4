import type { Found } from "./found.js";
import type { KeptLine } from "./kept-line.js";
import { shapeOf } from "./shape.js";

/** A period in which steps ran that failed, as `2026-03-04T05:06:07`. */
export interface Period {
  from: string;
  to: string;
}

/** What the lines of a log are worth; a line around a mark is worth less with each line that is between them. */
const worth = {
  end: 75,
  cause: 60,
  /** The last lines before the runner says that the step failed, and of the log. */
  lastBeforeEnd: 58,
  lastOfAll: 36,
  hint: 22,
  step: 26,
  /** What is left of the room goes to the last lines. */
  anyLine: 0.5,
};
const perLineBefore = 0.9;
const perLineAfter = 0.99;
/** Of lines farther from a mark than its report goes. */
const beyond = 0.5;
const least = 1;
/** A line of a report, and one in the middle of a long one, of what its mark is worth. */
const ofReport = 0.9;
const inMiddle = 0.6;
/** Lines of the beginning and of the end of a report. */
const linesInFull = 150;
/** Of what is not of a failed step. */
const elsewhere = 0.5;
/** Times that a failure of one kind is told until it is worth half. */
const halfAfter = { cause: 40, hint: 6 };
/** Failures that a tool reports first. */
const toldWhole = 3;
/** Failures that a tool reports until what stands around them is worth half. */
const toldHalfAfter = 40;
/** Of four failures of one kind, three are taken from the first of them, one from the last. */
const lastOnesStep = 3;

/** What is told again loses so much of its worth; a line alone is not left out, but with those around it. */
const toldAgain = 0.85;
const linesAround = 3;

/** Lines of a hole at most, and what they are worth of what stands around it. */
const holeLines = 3;
const ofHole = 0.9;

/** Of the budget: before the end of a failed step, and of the log, so many bytes are worth something. */
const endShare = 0.3;
const tailShare = 0.25;

/** What each of these lines is worth to somebody who looks for the cause of the failure. */
export function scoresOf(
  lines: readonly KeptLine[],
  failed: readonly Period[],
  budget: number,
): Float64Array {
  const scores = new Float64Array(lines.length);
  const places = placesOf(lines, failed);
  const ranks = ranksOf(lines);
  const raise = (index: number, score: number) => {
    if (score > (scores[index] as number)) scores[index] = score;
  };
  for (const [index, { found, role, number }] of lines.entries()) {
    if (role === "step") raise(index, worth.step);
    if (!found) continue;
    const { grade, before } = found.mark;
    const mark =
      ((role === "end" ? worth.end : worth[grade]) * nearness(places[index] as number, grade)) /
      (1 + (ranks[index]?.ofKind ?? 0) / halfAfter[role === "end" ? "hint" : grade]);
    raise(index, mark);
    // Each failure is named; the first ones are told whole.
    const own = mark / (1 + (ranks[index]?.ofTool ?? 0) / toldHalfAfter);
    for (let i = index - 1; i >= 0; i--) {
      const distance = number - (lines[i] as KeptLine).number;
      const score = own * perLineBefore ** distance * (distance > before ? beyond : 1);
      if (score < least) break;
      raise(i, score);
    }
    for (let i = index + 1; i < lines.length; i++) {
      const distance = (lines[i] as KeptLine).number - number;
      const score = own * afterMark(distance, found, (ranks[index]?.ofTool ?? 0) < toldWhole);
      if (score < least) break;
      raise(i, score);
    }
  }
  for (const [index, share] of sharesToldBefore(lines).entries()) {
    scores[index] = (scores[index] as number) * (1 - toldAgain * share);
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
      score * ((places[index] as number) < 0 ? elsewhere : 1) + (worth.anyLine * index) / lines.length,
  );
}

/** By line, how many of it and of those around it have been told before, as a share. */
function sharesToldBefore(lines: readonly KeptLine[]): number[] {
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

/** A few lines between others that are worth more are worth nearly as much: a report with holes is hard to read. */
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

/** What a line is worth at this distance after a mark, as a share of what the mark is. */
function afterMark(distance: number, { mark, after }: Found, isFirst: boolean): number {
  if (distance > after) return beyond * perLineBefore ** (distance - after);
  // A report's last lines say what happened, as the exception of a traceback does.
  const toEnd = mark.until ? Math.min(distance, after - distance) : distance;
  if (isFirst || mark.until) return toEnd < linesInFull ? ofReport : inMiddle;
  return Math.max(inMiddle, perLineAfter ** toEnd);
}

/** Words that failures are told with are worth less the farther from the end; tools' own reports hardly. */
function nearness(place: number, grade: "cause" | "hint"): number {
  const far = grade === "cause" ? 0.8 : 0.4;
  return far + (1 - far) * Math.max(0, place);
}

/** The lines before `end` are worth the less the farther they are. */
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

/** How many failures of its kind, and of its tool, come before each one; the last ones are not far behind. */
function ranksOf(lines: readonly KeptLine[]): (Ranks | undefined)[] {
  const kinds = new Map<string, number[]>();
  for (const [index, { found, text }] of lines.entries()) {
    if (!found) continue;
    for (const kind of [found.mark.tool, `${found.mark.tool} ${shapeOf(text)}`]) {
      const places = kinds.get(kind);
      if (places) places.push(index);
      else kinds.set(kind, [index]);
    }
  }
  const ranks: (Ranks | undefined)[] = Array(lines.length);
  // A kind comes after its tool, so the last one that sets a rank of `ofKind` is the kind.
  for (const places of kinds.values()) {
    for (const [i, place] of places.entries()) {
      const rank = Math.min(i, lastOnesStep * (places.length - i));
      ranks[place] = { ofTool: ranks[place]?.ofTool ?? rank, ofKind: rank };
    }
  }
  return ranks;
}

/**
 * By line, how near it is to the end of its failed step, from 0 to 1; -1 outside of failed steps. Where nothing tells
 * which step failed, the log is taken for one that did.
 */
function placesOf(lines: readonly KeptLine[], failed: readonly Period[]): Float64Array {
  const places = new Float64Array(lines.length).fill(-1);
  const fill = (begin: number, end: number) => {
    for (let i = begin; i <= end; i++) places[i] = end === begin ? 1 : (i - begin) / (end - begin);
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
  if (places.some((place) => place >= 0)) return places;
  let begin = 0;
  for (const [index, { role }] of lines.entries()) {
    if (role === "step") begin = index;
    if (role !== "end") continue;
    fill(begin, index);
    begin = index + 1;
  }
  if (!places.some((place) => place >= 0)) fill(0, lines.length - 1);
  return places;
}

/** The lines' places in the order of their scores; of equal ones, the earlier come first. */
export function ranking(scores: Float64Array): number[] {
  return [...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
}

/** The lines that an excerpt of `budget` bytes will most likely be made of, of `limit` bytes together, in their order. */
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
