import { type ErrorPattern, findErrorPattern } from "./error-patterns.js";
import type { Match } from "./match.js";
import { type Role, roleOf } from "./steps.js";
import { isWholeStampAt, stampBytes } from "./time-stamp.js";

/** After this many lines of one kind, further ones are needed only at the end of the log. */
const flood = 200;
const mostKinds = 5000;
const mostHashes = 20_000;

const { imul } = Math;

/** A group of lines that differ only in their numbers. */
export class LineKind {
  count = 0;
  /** The match of all lines of a flood. */
  readonly floodMatch: Match | undefined;

  constructor(
    readonly pattern: ErrorPattern | undefined,
    readonly role: Role | undefined,
  ) {
    this.floodMatch = pattern && { pattern, after: 0, note: "" };
  }

  /** Whether there were so many that further ones are needed only at the end of the log. */
  get isFlood(): boolean {
    return this.count > flood;
  }
}

/** Classifies lines. Matches only the first line of each kind against the error patterns. */
export class LineKinds {
  readonly #byText = new Map<string, LineKind>();
  /** Keyed by a hash of a line's bytes. A second hash distinguishes lines that share the first. */
  readonly #byHash = new Map<number, { check: number; kind: LineKind }>();
  #hash = 0;
  #check = 0;

  /** The kind of a line whose bytes differ from a remembered line's only in their numbers. */
  recall(bytes: Uint8Array, start: number, end: number): LineKind | undefined {
    this.#hashLine(bytes, isWholeStampAt(bytes, start) ? start + stampBytes : start, end);
    const entry = this.#byHash.get(this.#hash);
    return entry?.check === this.#check ? entry.kind : undefined;
  }

  /** Remembers the kind of the line that was last asked for. */
  remember(kind: LineKind): void {
    if (this.#byHash.size >= mostHashes) this.#byHash.clear();
    this.#byHash.set(this.#hash, { check: this.#check, kind });
  }

  classify(line: string, isRed: boolean): LineKind {
    // Whether a count is zero does make a difference.
    const key = line.slice(0, 400).replace(/\d+/g, (digits) => (/^0+$/.test(digits) ? "0" : "1")) + isRed;
    let kind = this.#byText.get(key);
    if (!kind) {
      kind = new LineKind(findErrorPattern(line, isRed), roleOf(line));
      if (this.#byText.size >= mostKinds) {
        this.#byText.clear();
        this.#byHash.clear();
      }
      this.#byText.set(key, kind);
    }
    return kind;
  }

  /**
   * FNV-1a, and a second hash of another kind. Each number counts as 0 or 1, except in escape sequences, where it counts
   * as it is.
   */
  #hashLine(bytes: Uint8Array, start: number, end: number): void {
    let hash = 0x811c9dc5;
    let check = 0;
    let digit = 0;
    let isEscape = false;
    for (let at = start; at <= end; at++) {
      // A number also ends at the end of the line.
      const byte = at < end ? (bytes[at] as number) : 0;
      if (byte >= 0x30 && byte <= 0x39 && !isEscape) {
        digit = byte === 0x30 && digit !== 0x31 ? 0x30 : 0x31;
        continue;
      }
      if (digit !== 0) {
        hash = imul(hash ^ digit, 0x01000193);
        check = ((check << 5) - check + digit) | 0;
        digit = 0;
      }
      hash = imul(hash ^ byte, 0x01000193);
      check = ((check << 5) - check + byte) | 0;
      if (byte === 0x1b) isEscape = true;
      else if (isEscape && byte >= 0x40 && byte !== 0x5b) isEscape = false;
    }
    this.#hash = hash;
    this.#check = check;
  }
}
