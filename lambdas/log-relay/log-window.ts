import { withoutPrefixes } from "./error-patterns.js";
import { type LineKind, LineKinds } from "./line-kinds.js";
import { type LogLine, lineOf } from "./log-line.js";
import type { Match } from "./match.js";
import { type Kinds, RareLines } from "./rare-lines.js";
import { lengthOf, type Page } from "./raw-lines.js";
import { Reports } from "./reports.js";
import { Commands } from "./steps.js";

/** A line that leaves the window. */
export interface WindowLine extends LogLine {
  match: Match | undefined;
  /** Whether it is one of the few lines whose kind is rare in the log. */
  isRare: boolean;
  /** Whether the excerpt can use it. Other lines are passed on only because they may continue a private key. */
  wanted: boolean;
}

/** Receives the lines that leave the window. */
export interface LineConsumer {
  add(line: WindowLine): void;
  /** Whether the next line is needed even if the excerpt cannot use it. */
  needsNext(): boolean;
  /** Skips lines that are not needed to find keys. */
  skip(lines: number, bytes: number): void;
  /** All lines of a page have left the window. */
  release(page: Page): void;
}

interface WindowPage extends Page {
  first: number;
  wanted: Uint8Array;
  /** The match of each line. */
  matches: (Match | undefined)[];
  kinds: Kinds;
}

/** Lines before the runner's own error that may contain the reason. */
const linesBeforeEnd = 400;

/** Lines that are held after a report. They are shown if they fit. */
const linesBeyond = 30;

/** Lines before and after a rare one. */
const rareContext = { before: 1, after: 2 };

/** Bytes of the longest line that is recognized by its bytes. */
const longestHashed = 4096;

/**
 * Why a line is wanted: for the excerpt, to find private keys, or for the excerpt if it is among the log's last ones.
 */
const forExcerpt = 1;
const forKeys = 2;
const ifAmongLast = 3;

/**
 * The last lines of a log, as bytes. An error pattern can request lines before its match as long as they are still here.
 * Most lines leave the window without being decoded.
 */
export class LogWindow {
  readonly #pages: WindowPage[] = [];
  readonly #reports = new Reports();
  readonly #commands = new Commands();
  readonly #kinds = new LineKinds();
  readonly #rareLines = new RareLines();
  #bytes = 0;
  #lines = 0;
  /** Lines up to this one are wanted. */
  #until = -1;
  #lastEnd = -1;

  constructor(
    /** The minimum number of bytes that the window holds. */
    readonly limit: number,
    readonly consumer: LineConsumer,
  ) {}

  add(given: Page): void {
    const count = given.starts.length;
    const page: WindowPage = {
      ...given,
      first: this.#lines,
      wanted: new Uint8Array(count),
      matches: Array(given.candidates.length > 0 ? count : 0),
      kinds: this.#rareLines.count(given),
    };
    this.#pages.push(page);
    this.#lines += count;
    this.#bytes += page.bytes.length;
    page.wanted.fill(forExcerpt, 0, Math.max(0, Math.min(count, this.#until + 1 - page.first)));
    this.#findCandidates(page, count);
    for (let oldest = this.#pages[0]; oldest && this.#bytes - oldest.bytes.length >= this.limit; ) {
      this.#bytes -= oldest.bytes.length;
      this.#evict(oldest);
      this.consumer.release(oldest);
      this.#pages.shift();
      oldest = this.#pages[0];
    }
  }

  /** Call this when the log has ended. Its last lines, at least `tailBytes` of them, are then also wanted. */
  end(tailBytes: number): void {
    let left = tailBytes;
    for (const page of this.#pages.toReversed()) {
      for (let index = page.starts.length - 1; index >= 0 && left > 0; index--) {
        page.wanted[index] = forExcerpt;
        left -= bytesOf(page, index) + 1;
      }
    }
    for (const page of this.#pages.splice(0)) this.#evict(page, true);
  }

  #findCandidates(page: WindowPage, count: number): void {
    const { candidates } = page;
    let next = 0;
    for (let index = 0; index < count; index++) {
      while ((candidates[next] ?? count) < index) next += 1;
      const isCandidate = candidates[next] === index;
      if (!isCandidate) {
        if (!this.#reports.areOpen()) {
          // Lines before the next candidate are not needed.
          index = (candidates[next] ?? count) - 1;
          continue;
        }
        if (!this.#reports.needLine(page.first + index)) continue;
      }
      const kind = isCandidate ? this.#recall(page, index) : undefined;
      if (kind && this.#isOfFlood(kind)) {
        kind.count += 1;
        this.#wantAmongLast(page, index, kind);
        continue;
      }
      const line = lineOf(page, index);
      if (line) this.#matchLine(page, index, line, isCandidate);
    }
  }

  /** The kind of a line by its bytes alone. */
  #recall({ bytes, starts, ends }: WindowPage, index: number): LineKind | undefined {
    const start = starts[index] as number;
    const end = ends[index] as number;
    return end - start <= longestHashed ? this.#kinds.recall(bytes, start, end) : undefined;
  }

  #isOfFlood(kind: LineKind): boolean {
    return kind.isFlood && kind.role === undefined && !this.#reports.areOpen();
  }

  #matchLine(page: WindowPage, index: number, line: LogLine, isCandidate: boolean): void {
    const text = line.missing > 0 ? `${line.text} ${line.end}` : line.text;
    const number = page.first + index;
    const kind = this.#kinds.classify(text, line.isRed);
    kind.count += 1;
    const { pattern, role } = kind;
    if (text.includes("PRIVATE KEY")) page.wanted[index] ||= forKeys;
    else if (isCandidate && isPlain(page, index)) this.#kinds.remember(kind);
    if (this.#isOfFlood(kind)) {
      this.#wantAmongLast(page, index, kind);
      return;
    }
    const forms = withoutPrefixes(text);
    const goesOn = this.#reports.add(number, forms);
    if (goesOn !== undefined) this.#want(page, number, goesOn);
    if (!isCandidate) return;
    this.#commands.add(text, (distance) =>
      index + distance < page.starts.length ? (lineOf(page, index + distance)?.text ?? "") : "",
    );
    if (role === "step") page.wanted[index] = forExcerpt;
    if (!pattern) return;
    if (kind.isFlood && role === undefined) {
      this.#wantAmongLast(page, index, kind);
      return;
    }
    const match = { pattern, after: pattern.after, note: this.#commands.note() };
    page.matches[index] = match;
    this.#reports.open(number, match, forms);
    const isEnd = role === "end";
    const before = isEnd ? Math.max(linesBeforeEnd, pattern.before) : pattern.before;
    this.#wantBefore(Math.max(number - before, isEnd ? this.#lastEnd + 1 : 0), number);
    if (isEnd) this.#lastEnd = number;
    this.#want(page, number, number + pattern.after + linesBeyond);
  }

  #wantAmongLast(page: WindowPage, index: number, { floodMatch }: LineKind): void {
    if (!floodMatch) return;
    page.wanted[index] ||= ifAmongLast;
    page.matches[index] = floodMatch;
  }

  /** Marks the lines from `from` to `to` as wanted, and remembers those that are beyond this page. */
  #want(page: WindowPage, from: number, to: number): void {
    this.#until = Math.max(this.#until, to);
    page.wanted.fill(forExcerpt, Math.max(0, from - page.first), Math.max(0, to + 1 - page.first));
  }

  #wantBefore(from: number, to: number): void {
    for (const page of this.#pages.toReversed()) {
      if (page.first + page.wanted.length <= from) return;
      page.wanted.fill(forExcerpt, Math.max(0, from - page.first), Math.max(0, to - page.first));
    }
  }

  #evict(page: WindowPage, isLast = false): void {
    const { wanted, matches, starts, kinds } = page;
    const rare = new Set(this.#rareLines.rareIn(kinds).filter((index) => !matches[index]));
    for (const index of rare) {
      wanted.fill(forExcerpt, Math.max(0, index - rareContext.before), index + rareContext.after + 1);
    }
    if (!isLast && !this.consumer.needsNext() && !wanted.includes(forExcerpt) && !wanted.includes(forKeys)) {
      this.consumer.skip(starts.length, page.size);
      return;
    }
    let skipped = 0;
    let skippedBytes = 0;
    for (let index = 0; index < starts.length; index++) {
      const isWanted = wanted[index] === forExcerpt || (isLast && wanted[index] === ifAmongLast);
      if (!isWanted && wanted[index] !== forKeys && !this.consumer.needsNext()) {
        skipped += 1;
        skippedBytes += bytesOf(page, index) + 1;
        continue;
      }
      if (skipped > 0) this.consumer.skip(skipped, skippedBytes);
      skipped = 0;
      skippedBytes = 0;
      const line = lineOf(page, index);
      if (!line) continue;
      const match = matches[index];
      const text = `${line.text}${match?.note ?? ""}`;
      this.consumer.add({ ...line, text, match, isRare: rare.has(index), wanted: isWanted });
    }
    if (skipped > 0) this.consumer.skip(skipped, skippedBytes);
  }
}

/** Bytes of a line without its time stamp. */
const bytesOf = ({ bytes, starts, ends, missing }: Page, index: number): number =>
  lengthOf(bytes, starts[index] as number, ends[index] as number) + missing;

/** Whether a line can be recognized by its bytes. It must have no NULs, so it isn't UTF-16. */
const isPlain = ({ bytes, starts, ends, missing }: Page, index: number): boolean => {
  const start = starts[index] as number;
  const end = ends[index] as number;
  const isWhole = missing === 0 && end - start <= longestHashed;
  return isWhole && bytes[end + 1] !== 0 && !bytes.subarray(start, end).includes(0);
};
