import { aClue, aColon, aLineEnd, ClueScanner } from "./clue-scanner.js";
import { errorMarks, otherClues } from "./error-marks.js";
import { stepClues } from "./steps.js";
import { isStampAt } from "./time-stamp.js";
import { isHalfCharacter } from "./utf16.js";

/** Lines of a log as bytes, and which of them are worth a look. */
export interface Page {
  bytes: Buffer;
  /** By line: where it starts and ends in `bytes`. */
  starts: number[];
  ends: number[];
  /** The lines in which there is a clue, in order. */
  clues: number[];
  /** Bytes of the page's only line that are missing between its first and its last `heldBytes`. */
  missing: number;
}

/** Bytes that are scanned at once. */
const pieceBytes = 64 * 1024;

/** Bytes that are held of each end of a line longer than two times this. */
export const heldBytes = 16 * 1024;

const scanner = new ClueScanner([...errorMarks.flatMap(({ clues }) => clues), ...otherClues, ...stepClues]);
const noBytes = Buffer.alloc(0);

/**
 * Splits a log into lines, however it is cut into chunks. A lone carriage return ends a line, too. Holds a line of any
 * length by its two ends.
 */
export class RawLines {
  /** The beginning of a line whose end is not there yet. */
  #begun: Buffer = noBytes;
  /** Bytes of the line that is begun which are not held any more. */
  #missing = 0;
  #afterReturn = false;

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
    else this.#scan(Buffer.concat([this.#begun, rest]));
  }

  #addToLong(rest: Uint8Array): void {
    const end = rest.findIndex((byte) => byte === 0x0a || byte === 0x0d);
    this.#extend(end < 0 ? rest : rest.subarray(0, end));
    if (end < 0) return;
    this.#longLine();
    this.#afterReturn = rest[end] === 0x0d;
    this.#add(rest.subarray(end + 1));
  }

  /** Holds more of a long line: its first bytes and its last ones, a few more than are needed. */
  #extend(bytes: Uint8Array): void {
    const all = Buffer.concat([this.#begun, bytes]);
    const excess = all.length - (2 * heldBytes + 1);
    this.#missing += excess;
    this.#begun = Buffer.concat([all.subarray(0, heldBytes), all.subarray(heldBytes + excess)]);
  }

  #longLine(): void {
    const bytes = this.#begun;
    this.next({ bytes, starts: [0], ends: [bytes.length], clues: [0], missing: this.#missing });
    this.#begun = noBytes;
    this.#missing = 0;
  }

  #scan(bytes: Buffer, isLast = false): void {
    const { classOf, next, found, start } = scanner;
    const page: Page = { bytes, starts: [], ends: [], clues: [], missing: 0 };
    let state = start;
    let lineStart = 0;
    let hasClue = false;
    for (let at = 0; at < bytes.length; at++) {
      state = next[state + (classOf[bytes[at] as number] as number)] as number;
      const what = found[state >> 8];
      if (what === 0) continue;
      if (what === aClue) hasClue = true;
      else if (what === aColon) hasClue ||= isClassName(bytes, at);
      else if (what === aLineEnd) {
        if (mayBeHalf(bytes, lineStart, at, hasClue)) {
          const isHalf = isHalfCharacter(bytes, lineStart, at);
          if (isHalf) continue;
          if (isHalf === undefined && !isLast) break;
        }
        if (hasClue || at - lineStart > 2 * heldBytes) page.clues.push(page.starts.length);
        page.starts.push(lineStart);
        page.ends.push(at);
        hasClue = false;
        state = start;
        if (bytes[at] === 0x0d) {
          if (at + 1 === bytes.length) this.#afterReturn = true;
          else if (bytes[at + 1] === 0x0a) at += 1;
        }
        lineStart = at + 1;
      }
    }
    this.#begun = Buffer.from(bytes.subarray(lineStart));
    if (page.starts.length > 0) this.next(page);
    if (this.#begun.length > 2 * heldBytes) this.#extend(noBytes);
  }
}

/** Whether a line end needs a closer look: the runner's next line does not follow, or there may be NULs in the line. */
function mayBeHalf(bytes: Uint8Array, start: number, at: number, hasClue: boolean): boolean {
  const isStamped = isStampAt(bytes, bytes[start] === 0 ? start + 1 : start);
  return isStamped ? !isStampAt(bytes, at + 1) : hasClue;
}

/** Whether a word that ends before the colon at `at` has a capital letter within, as `ImproperlyConfigured:` has. */
function isClassName(bytes: Uint8Array, at: number): boolean {
  const after = bytes[at + 1];
  if (after !== 0x20 && after !== 0x0a && after !== 0x0d && after !== undefined) return false;
  for (let i = at - 1; i > 0; i--) {
    const byte = bytes[i] as number;
    if (isCapital(byte)) {
      const before = bytes[i - 1] as number;
      // A small letter, a digit, or what parts a name from its module.
      if (isSmall(before) || before === 0x2e || before === 0x3a || before === 0x5c) return true;
    } else if (!isSmall(byte) && !isDigit(byte) && byte !== 0x5f) return false;
  }
  return false;
}

const isCapital = (byte: number): boolean => byte >= 0x41 && byte <= 0x5a;
const isSmall = (byte: number): boolean => byte >= 0x61 && byte <= 0x7a;
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
