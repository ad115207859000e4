import { errorPatterns, otherKeywords } from "./error-patterns.js";
import { colon, KeywordScanner, keyword } from "./keyword-scanner.js";
import { stepKeywords } from "./steps.js";
import { isStampAt, isWholeStampAt, stampBytes } from "./time-stamp.js";
import { isHalfCharacter } from "./utf16.js";

/** Lines of a log as bytes. */
export interface Page {
  bytes: Buffer;
  /** The start and end of each line in `bytes`. */
  starts: Uint32Array;
  ends: Uint32Array;
  /** The lines that contain a keyword or are long, in order. */
  candidates: number[];
  /** Bytes of all lines with their line ends, but without time stamps. */
  size: number;
  /** Bytes of the page's only line that are missing between its first and last `heldBytes`. */
  missing: number;
}

/** Bytes that are scanned at once. */
const pieceBytes = 64 * 1024;

/** A line longer than twice this keeps only this many bytes at each end. */
export const heldBytes = 16 * 1024;

/** Bytes of an unfinished line that are held: one more than of a finished line. */
const mostBegun = 2 * heldBytes + 1;

/** Bytes of a piece and the unfinished line before it. */
const mostScanned = pieceBytes + mostBegun;

const scanner = new KeywordScanner([
  ...errorPatterns.flatMap(({ keywords }) => keywords),
  ...otherKeywords,
  ...stepKeywords,
]);
const noBytes = Buffer.alloc(0);

/**
 * Splits a log into lines, regardless of chunks. A lone carriage return also ends a line. Only the two ends of a long
 * line are held.
 */
export class RawLines {
  /** The beginning of a line whose end has not arrived yet. */
  #begun: Buffer = noBytes;
  /** Bytes of that line that are no longer held. */
  #missing = 0;
  #afterReturn = false;
  readonly #free: Buffer[] = [];
  /** Start and end of each line in the scanned piece, which includes the unfinished line before it. */
  readonly #starts = new Uint32Array(mostScanned);
  readonly #ends = new Uint32Array(mostScanned);

  constructor(readonly next: (page: Page) => void) {}

  add(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; at += pieceBytes) this.#add(chunk.subarray(at, at + pieceBytes));
  }

  end(): void {
    if (this.#begun.length <= 2 * heldBytes) this.#scan(this.#begun, true);
    if (this.#begun.length > 0) this.#longLine();
  }

  #add(piece: Uint8Array): void {
    const rest = this.#afterReturn && piece[0] === 0x0a ? piece.subarray(1) : piece;
    this.#afterReturn = false;
    if (this.#begun.length > 2 * heldBytes) this.#addToLong(rest);
    else this.#scan(this.#joined(rest));
  }

  /** The unfinished line and the bytes after it, in reused memory. */
  #joined(rest: Uint8Array): Buffer {
    const memory = this.#free.pop() ?? Buffer.allocUnsafeSlow(mostScanned);
    memory.set(this.#begun);
    memory.set(rest, this.#begun.length);
    return memory.subarray(0, this.#begun.length + rest.length);
  }

  /** Frees the bytes of a page for reuse, because garbage collection would come too late. */
  reuse({ bytes }: Pick<Page, "bytes">): void {
    if (bytes.buffer.byteLength === mostScanned) this.#free.push(Buffer.from(bytes.buffer));
  }

  #addToLong(rest: Uint8Array): void {
    const end = rest.findIndex((byte) => byte === 0x0a || byte === 0x0d);
    this.#extend(end < 0 ? rest : rest.subarray(0, end));
    if (end < 0) return;
    this.#longLine();
    this.#afterReturn = rest[end] === 0x0d;
    this.#add(rest.subarray(end + 1));
  }

  /** Adds bytes to a long line, of which the last are held. Allocates nothing: garbage collection would come too late. */
  #extend(bytes: Uint8Array): void {
    const last = this.#begun.subarray(heldBytes);
    last.copyWithin(0, bytes.length);
    last.set(bytes.subarray(-last.length), Math.max(0, last.length - bytes.length));
    this.#missing += bytes.length;
  }

  #longLine(): void {
    const bytes = this.#begun;
    const { length } = bytes;
    const size = lengthOf(bytes, 0, length) + this.#missing + 1;
    const ends = Uint32Array.of(length);
    this.next({ bytes, starts: Uint32Array.of(0), ends, candidates: [0], size, missing: this.#missing });
    this.#begun = noBytes;
    this.#missing = 0;
  }

  #scan(bytes: Buffer, isLast = false): void {
    const { classOf, classBits, next, firstEnd, endOf, start } = scanner;
    const { length } = bytes;
    const starts = this.#starts;
    const ends = this.#ends;
    const candidates: number[] = [];
    let count = 0;
    let size = 0;
    let state = start;
    let lineStart = 0;
    let hasKeyword = false;
    // A time stamp contains no keywords, so the scan starts behind it.
    for (let at = afterStamp(bytes, 0); at < length; at++) {
      state = next[(state << classBits) | (classOf[bytes[at] as number] as number)] as number;
      if (state < firstEnd) continue;
      const end = endOf[state];
      if (end === keyword) hasKeyword = true;
      else if (end === colon) hasKeyword ||= isClassName(bytes, at);
      else {
        if (mayBeHalf(bytes, lineStart, at, hasKeyword)) {
          const isHalf = isHalfCharacter(bytes, lineStart, at);
          if (isHalf) continue;
          if (isHalf === undefined && !isLast) break;
        }
        if (hasKeyword || at - lineStart > 2 * heldBytes) candidates.push(count);
        starts[count] = lineStart;
        ends[count] = at;
        count += 1;
        size += lengthOf(bytes, lineStart, at) + 1;
        hasKeyword = false;
        state = start;
        if (bytes[at] === 0x0d) {
          if (at + 1 === length) this.#afterReturn = true;
          else if (bytes[at + 1] === 0x0a) at += 1;
        }
        lineStart = at + 1;
        at = afterStamp(bytes, lineStart) - 1;
      }
    }
    const rest = bytes.subarray(lineStart);
    this.#begun = Buffer.from(rest.subarray(0, mostBegun));
    if (rest.length > mostBegun) this.#extend(rest.subarray(mostBegun));
    if (count > 0) {
      this.next({
        bytes,
        starts: starts.slice(0, count),
        ends: ends.slice(0, count),
        candidates,
        size,
        missing: 0,
      });
    } else {
      this.reuse({ bytes });
    }
  }
}

const afterStamp = (bytes: Uint8Array, at: number): number =>
  isWholeStampAt(bytes, at) ? at + stampBytes : at;

/** Bytes of the line from `start` to `end` without its time stamp. */
export const lengthOf = (bytes: Uint8Array, start: number, end: number): number =>
  end - start - (end - start >= stampBytes - 1 && isStampAt(bytes, start) ? stampBytes : 0);

/**
 * Whether a line end needs a closer look, because the runner's next line does not follow or the line may contain NULs.
 */
function mayBeHalf(bytes: Uint8Array, start: number, at: number, hasKeyword: boolean): boolean {
  if (!isStampAt(bytes, bytes[start] === 0 ? start + 1 : start)) return hasKeyword;
  const isPair = !hasKeyword && bytes[at] === 0x0d && bytes[at + 1] === 0x0a;
  return !isStampAt(bytes, isPair ? at + 2 : at + 1);
}

/** Whether a word that ends before the colon at `at` has a capital letter within, as `ImproperlyConfigured:` has. */
function isClassName(bytes: Uint8Array, at: number): boolean {
  const after = bytes[at + 1];
  if (after !== 0x20 && after !== 0x0a && after !== 0x0d && after !== undefined) return false;
  for (let i = at - 1; i > 0; i--) {
    const byte = bytes[i] as number;
    if (isCapital(byte)) {
      const before = bytes[i - 1] as number;
      // A lower-case letter, or the separator between a name and its module.
      if (isSmall(before) || before === 0x2e || before === 0x3a || before === 0x5c) return true;
    } else if (!isSmall(byte) && !isDigit(byte) && byte !== 0x5f) return false;
  }
  return false;
}

const isCapital = (byte: number): boolean => byte >= 0x41 && byte <= 0x5a;
const isSmall = (byte: number): boolean => byte >= 0x61 && byte <= 0x7a;
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
