import type { Page } from "./raw-lines.js";
import { isWholeStampAt, stampBytes } from "./time-stamp.js";

/** How many kinds of lines are told apart, with a byte for each. Kinds that share a slot only look less rare. */
const slots = 1 << 20;
/** How often the kind of a rare line has occurred at most: many tools repeat an error in their summary. */
const mostOften = 2;
/** If more than this share of a page's lines is rare, or so many lines of a log, rarity says nothing. */
const mostShare = 1 / 20;
const mostRare = 5000;
/** Bytes of a line that tell its kind. */
const mostBytes = 300;

/** By byte: a part of a word, a digit, or neither. */
const part = 1;
const digit = 3;
const classOf = new Uint8Array(256).map((_, byte) =>
  byte >= 0x30 && byte <= 0x39 ? digit : byte >= 0x80 || /\w/.test(String.fromCharCode(byte)) ? part : 0,
);

const { imul } = Math;

/**
 * By line of a page: the slots of its kind, and of the kind of its first word. That alone counts where the lines of a tool
 * differ, because each names another package or file.
 */
export interface Kinds {
  whole: Uint32Array;
  first: Uint32Array;
}

/**
 * Finds the lines that occur once in a log whose other lines repeat: without any word of failures, such a line is the most
 * likely reason. Words with digits count as one word.
 */
export class RareLines {
  readonly #counts = new Uint8Array(2 * slots);
  #found = 0;

  /** Counts the lines of a page. */
  count({ bytes, starts, ends }: Pick<Page, "bytes" | "starts" | "ends">): Kinds {
    const kinds = { whole: new Uint32Array(starts.length), first: new Uint32Array(starts.length) };
    for (let index = 0; index < starts.length; index++) {
      const start = starts[index] as number;
      const from = isWholeStampAt(bytes, start) ? start + stampBytes : start;
      this.#hash(bytes, from, Math.min(ends[index] as number, from + mostBytes), kinds, index);
      this.#increment(kinds.whole[index] as number);
      this.#increment(kinds.first[index] as number);
    }
    return kinds;
  }

  /** The indexes of a page's rare lines, as far as the log has been counted; none if they are not few. */
  rareIn({ whole, first }: Kinds): number[] {
    if (this.#found > mostRare) return [];
    for (const slotsOfLines of [whole, first]) {
      const rare = [...slotsOfLines.keys()].filter((index) => this.#isRare(slotsOfLines[index] as number));
      if (rare.length > slotsOfLines.length * mostShare) continue;
      this.#found += rare.length;
      return rare;
    }
    return [];
  }

  #isRare(slot: number): boolean {
    return (this.#counts[slot] as number) <= mostOften;
  }

  #increment(slot: number): void {
    const count = this.#counts[slot] as number;
    if (count <= mostOften) this.#counts[slot] = count + 1;
  }

  /** FNV-1a. */
  #hash(bytes: Uint8Array, from: number, to: number, kinds: Kinds, index: number): void {
    let hash = 0x811c9dc5;
    let beforeWord = hash;
    let first = 0;
    /** The classes of the word's bytes so far. */
    let word = 0;
    // Beyond the end, a word ends too.
    for (let at = from; at <= to; at++) {
      const byte = at < to ? (bytes[at] as number) : 0;
      const kind = classOf[byte] as number;
      if (kind !== 0) {
        if (word === 0) beforeWord = hash;
        word |= kind;
      } else if (word !== 0) {
        if (word === digit) hash = imul(beforeWord ^ 0x30, 0x01000193);
        if (first === 0) first = hash;
        word = 0;
      }
      hash = imul(hash ^ byte, 0x01000193);
    }
    kinds.whole[index] = (hash >>> 0) % slots;
    kinds.first[index] = slots + (((first === 0 ? hash : first) >>> 0) % slots);
  }
}
