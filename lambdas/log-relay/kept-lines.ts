import { byteLength } from "../text/bytes.js";
import type { KeptLine } from "./kept-line.js";
import { best } from "./scores.js";
import type { ShownLine } from "./shown-line.js";

/** Bytes of long lines that are held whole, beside what is shown of them where there is little room. */
const wholeBytes = 1024 * 1024;

/** Of a log of any size, the lines that an excerpt can be made of. Holds two times `limit` bytes at most. */
export class KeptLines {
  #lines: KeptLine[] = [];
  #held = 0;
  #wholes = 0;
  /** Lines and bytes of the log so far. */
  lines = 0;
  bytes = 0;
  /** Bytes that showing all of them takes, and whether all are here. */
  isComplete = true;

  constructor(
    /** Bytes of an excerpt at most. */
    readonly budget: number,
    readonly limit: number,
  ) {}

  get kept(): readonly KeptLine[] {
    return this.#lines;
  }

  get size(): number {
    return this.#held;
  }

  skip(lines: number, bytes: number): void {
    this.lines += lines;
    this.bytes += bytes;
    this.isComplete = false;
  }

  add(shown: ShownLine): void {
    const size = byteLength(shown.text) + 1;
    const whole = this.#wholes < wholeBytes ? shown.whole : undefined;
    this.#wholes += whole?.length ?? 0;
    this.#lines.push({ ...shown, whole, number: this.lines, size, bytesBefore: this.bytes });
    this.lines += shown.lines;
    this.bytes += shown.bytes;
    this.#held += size;
    if (this.#held > 2 * this.limit) this.#forget();
  }

  #forget(): void {
    this.isComplete = false;
    this.#lines = best(this.#lines, this.limit, this.budget);
    this.#held = this.#lines.reduce((sum, { size }) => sum + size, 0);
    this.#wholes = this.#lines.reduce((sum, { whole }) => sum + (whole?.length ?? 0), 0);
  }
}
