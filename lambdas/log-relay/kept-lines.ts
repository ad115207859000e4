import { byteLength } from "../text/bytes.js";
import { contextAfter, contextBefore, type ErrorMark } from "./error-marks.js";
import type { ShownLine } from "./shown-line.js";

/** A line with its place in the log. */
export interface KeptLine extends ShownLine {
  /** Lines that follow each other have numbers that do. */
  number: number;
  /** Bytes that showing it takes, its line end included. */
  size: number;
  /** Where it stands in the log: lines and bytes before it. */
  linesBefore: number;
  bytesBefore: number;
}

/** The last lines that were added, up to a number of bytes. */
class LastLines {
  #lines: KeptLine[] = [];
  #from = 0;
  #size = 0;

  constructor(readonly limit: number) {}

  add(line: KeptLine): void {
    this.#lines.push(line);
    this.#size += line.size;
    for (let oldest = this.#lines[this.#from]; oldest && this.#size > this.limit; ) {
      this.#size -= oldest.size;
      this.#from += 1;
      oldest = this.#lines[this.#from];
    }
    if (this.#from < 1000) return;
    this.#lines = this.#lines.slice(this.#from);
    this.#from = 0;
  }

  last(count: number): KeptLine[] {
    return this.#lines.slice(Math.max(this.#from, this.#lines.length - count));
  }

  all(): KeptLine[] {
    return this.#lines.slice(this.#from);
  }
}

/** The lines around marks of one grade: the first and the last of them. */
class MarkedLines {
  readonly first: KeptLine[] = [];
  readonly #last: LastLines;
  #room: number;
  #taken = -1;
  #until = -1;

  constructor(limit: number) {
    this.#room = limit;
    this.#last = new LastLines(limit);
  }

  get last(): KeptLine[] {
    return this.#last.all();
  }

  /** `before` are the lines up to this one, of which the mark may want some. */
  add(line: KeptLine, mark: ErrorMark | undefined, before: LastLines): void {
    if (mark) {
      for (const context of before.last(mark.before ?? contextBefore)) {
        if (context.number > this.#taken) this.#take(context);
      }
      this.#until = Math.max(this.#until, line.number + (mark.after ?? contextAfter));
    }
    if (line.number <= this.#until) this.#take(line);
  }

  #take(line: KeptLine): void {
    this.#taken = line.number;
    this.#last.add(line);
    // Once full it stays full, so that no line is missing in the middle.
    if (this.#room > 0 && line.size <= this.#room) this.first.push(line);
    else this.#room = 0;
    this.#room -= line.size;
  }
}

/** Of a log of any size, the lines that an excerpt can be made of. Holds five times `limit` bytes at most. */
export class KeptLines {
  readonly causes: MarkedLines;
  readonly hints: MarkedLines;
  readonly #tail: LastLines;
  /** Lines and bytes of the log so far. */
  lines = 0;
  bytes = 0;
  /** Bytes that showing all of it takes. */
  size = 0;
  #count = 0;

  constructor(limit: number) {
    this.causes = new MarkedLines(limit);
    this.hints = new MarkedLines(limit);
    this.#tail = new LastLines(limit);
  }

  add(shown: ShownLine): void {
    const line: KeptLine = {
      ...shown,
      number: this.#count,
      size: byteLength(shown.text) + 1,
      linesBefore: this.lines,
      bytesBefore: this.bytes,
    };
    const { mark } = shown;
    this.causes.add(line, mark?.grade === "cause" ? mark : undefined, this.#tail);
    this.hints.add(line, mark?.grade === "hint" ? mark : undefined, this.#tail);
    this.#tail.add(line);
    this.#count += 1;
    this.lines += line.lines;
    this.bytes += line.bytes;
    this.size += line.size;
  }

  get tail(): KeptLine[] {
    return this.#tail.all();
  }
}
