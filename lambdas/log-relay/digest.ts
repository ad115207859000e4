import { cutToBytes } from "../text/bytes.js";
import type { KeptLine } from "./kept-line.js";
import type { KeptLines } from "./kept-lines.js";
import { withoutJobDetails } from "./normalized-line.js";
import { type Period, scoresOf } from "./scores.js";
import { excluded, type Selection, select, textOf, wholeLog } from "./selection.js";

/** The lowest score of a line that belongs to a tool's report. */
const reported = 28;

/** If an earlier excerpt already shows part of a failure, lines with lower scores are left out. */
const ofSomeUse = 5;

const nothing: ReadonlySet<string> = new Set();

/** The lines of a log from which excerpts of any size are made. */
export class Digest {
  /** The selection for the last requested budget. */
  #last: { budget: number; lines: readonly KeptLine[] } | undefined;

  constructor(
    readonly kept: KeptLines,
    readonly failed: readonly Period[],
  ) {}

  /** Bytes of all lines that are kept. */
  get size(): number {
    return this.kept.size;
  }

  /** The excerpt as plain text of at most `budget` bytes, without the lines in `shownBefore`. */
  text(budget: number, shownBefore = nothing): string {
    return cutToBytes(textOf(this.kept, this.#select(budget, shownBefore)), budget).text;
  }

  /** Bytes of the failure's reports, up to `budget`. */
  reportBytes(budget: number, shownBefore = nothing): number {
    return this.#select(budget, shownBefore, reported).bytes;
  }

  /** The lines of an excerpt of this size, without the details that differ between jobs. */
  lines(budget: number): Set<string> {
    return new Set(this.#shown(budget).map(({ text }) => withoutJobDetails(text)));
  }

  /** The lines that identify this failure: tools' reports, or else lines with words that are common in failures. */
  failures(budget: number): Set<string> {
    const shown = this.#shown(budget);
    for (const grade of ["cause", "hint"]) {
      const matched = shown.filter(({ match, role }) => match?.pattern.grade === grade && role === undefined);
      if (matched.length > 0) return new Set(matched.map(({ text }) => withoutJobDetails(text)));
    }
    return new Set(shown.map(({ text }) => withoutJobDetails(text)));
  }

  #shown(budget: number): readonly KeptLine[] {
    if (this.#last?.budget !== budget) {
      const { lines } = this.#select(budget, nothing);
      this.#last = { budget, lines: [...lines].map((index) => this.kept.kept[index] as KeptLine) };
    }
    return this.#last.lines;
  }

  #select(budget: number, shownBefore: ReadonlySet<string>, least?: number): Selection {
    const whole = shownBefore.size === 0 ? wholeLog(this.kept, budget) : undefined;
    if (whole) return whole;
    const scores = scoresOf(this.kept.kept, this.failed, budget);
    for (const [index, { text }] of shownBefore.size === 0 ? [] : this.kept.kept.entries()) {
      if (shownBefore.has(withoutJobDetails(text))) scores[index] = excluded;
    }
    return select(this.kept, scores, budget, least ?? (shownBefore.size === 0 ? 0 : ofSomeUse));
  }
}
