import { byteLength } from "../text/bytes.js";
import type { FormattedLine } from "./formatted-line.js";
import type { KeptLine } from "./kept-line.js";
import { best } from "./scores.js";

/** Bytes of long lines that are held whole, besides their cut forms. */
const wholeBytes = 1024 * 1024;

/** The lines from which an excerpt can be made, for a log of any size. Holds at most twice `limit` bytes. */
export class KeptLines {
  #lines: KeptLine[] = [];
  #held = 0;
  #wholes = 0;
  /** Lines and bytes of the log so far. */
  lines = 0;
  bytes = 0;
  /** Whether all lines of the log have been kept. */
  isComplete = true;

  constructor(
    /** The most bytes of an excerpt. */
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

  add(line: FormattedLine): void {
    const size = byteLength(line.text) + 1;
    const whole = this.#wholes < wholeBytes ? line.whole : undefined;
    this.#wholes += whole?.length ?? 0;
    this.#lines.push({ ...line, whole, number: this.lines, size, bytesBefore: this.bytes });
    this.lines += line.lines;
    this.bytes += line.bytes;
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
