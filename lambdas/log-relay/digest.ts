import { cutToBytes } from "../text/bytes.js";
import type { KeptLine } from "./kept-line.js";
import type { KeptLines } from "./kept-lines.js";
import { type Period, scoresOf } from "./scores.js";
import { type Choice, choose, notShown, textOf, wholeLog } from "./selection.js";
import { commonOf } from "./shape.js";

/** From this on, a line's score says that it belongs to what a tool reports. */
const reported = 28;

/** Of a failure that has been told in part, the rest of the room is not filled. */
const ofSomeUse = 5;

const nothing: ReadonlySet<string> = new Set();

/** What an excerpt of any size can be made of. */
export class Digest {
  /** What an excerpt of the budget that was last asked for shows. */
  #last: { budget: number; lines: readonly KeptLine[] } | undefined;

  constructor(
    readonly kept: KeptLines,
    readonly failed: readonly Period[],
  ) {}

  /** Bytes that all that is kept takes. */
  get size(): number {
    return this.kept.size;
  }

  /** The excerpt as plain text of at most `budget` bytes, without what is in `told`. */
  text(budget: number, told = nothing): string {
    return cutToBytes(textOf(this.kept, this.#choice(budget, told)), budget).text;
  }

  /** Bytes that the reports of the failure take within `budget`. */
  need(budget: number, told = nothing): number {
    return this.#choice(budget, told, reported).bytes;
  }

  /** What an excerpt of this size tells, as the excerpt of another job would. */
  told(budget: number): Set<string> {
    return new Set(this.#shown(budget).map(({ text }) => commonOf(text)));
  }

  /** The lines that set this failure apart from others: reports of tools, else words that failures are told with. */
  failures(budget: number): Set<string> {
    const shown = this.#shown(budget);
    for (const grade of ["cause", "hint"]) {
      const marked = shown.filter(({ found, role }) => found?.mark.grade === grade && role === undefined);
      if (marked.length > 0) return new Set(marked.map(({ text }) => commonOf(text)));
    }
    return new Set(shown.map(({ text }) => commonOf(text)));
  }

  #shown(budget: number): readonly KeptLine[] {
    if (this.#last?.budget !== budget) {
      const { lines } = this.#choice(budget, nothing);
      this.#last = { budget, lines: [...lines].map((index) => this.kept.kept[index] as KeptLine) };
    }
    return this.#last.lines;
  }

  #choice(budget: number, told: ReadonlySet<string>, least?: number): Choice {
    const whole = told.size === 0 ? wholeLog(this.kept, budget) : undefined;
    if (whole) return whole;
    const scores = scoresOf(this.kept.kept, this.failed, budget);
    for (const [index, { text }] of told.size === 0 ? [] : this.kept.kept.entries()) {
      if (told.has(commonOf(text))) scores[index] = notShown;
    }
    return choose(this.kept, scores, budget, least ?? (told.size === 0 ? 0 : ofSomeUse));
  }
}
