import type { Page } from "./raw-lines.js";
import { isWholeStampAt, stampBytes } from "./time-stamp.js";

/** How many kinds of lines are told apart, with a byte for each. Kinds that share a slot only look less rare. */
const slotBits = 20;
const slots = 1 << slotBits;
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
const zero = 0x30;
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
    const rare = this.#fewRareIn(whole) ?? this.#fewRareIn(first) ?? [];
    this.#found += rare.length;
    return rare;
  }

  /** `undefined` if they are not few. */
  #fewRareIn(slotsOfLines: Uint32Array): number[] | undefined {
    const most = slotsOfLines.length * mostShare;
    const rare: number[] = [];
    for (let index = 0; index < slotsOfLines.length; index++) {
      if (!this.#isRare(slotsOfLines[index] as number)) continue;
      rare.push(index);
      if (rare.length > most) return undefined;
    }
    return rare;
  }

  #isRare(slot: number): boolean {
    return (this.#counts[slot] as number) <= mostOften;
  }

  #increment(slot: number): void {
    const count = this.#counts[slot] as number;
    if (count <= mostOften) this.#counts[slot] = count + 1;
  }

  /** A word that contains a digit is hashed as if it were 0. */
  #hash(bytes: Uint8Array, from: number, to: number, kinds: Kinds, index: number): void {
    let hash = 1;
    let first = 0;
    let at = from;
    while (at < to) {
      if (classOf[bytes[at] as number] === 0) {
        hash = hashed(hash, bytes[at] as number);
        at += 1;
        continue;
      }
      const beforeWord = hash;
      let classes = 0;
      for (; at < to; at++) {
        const byte = bytes[at] as number;
        const kind = classOf[byte] as number;
        if (kind === 0) break;
        classes |= kind;
        hash = hashed(hash, byte);
      }
      if (classes === digit) hash = hashed(beforeWord, zero);
      if (first === 0) first = hash;
    }
    kinds.whole[index] = slotOf(hash);
    kinds.first[index] = slots + slotOf(first || hash);
  }
}

const hashed = (hash: number, byte: number): number => ((hash << 5) - hash + byte) | 0;

/** The hash's lower bits alone would tell similar lines apart less well. */
const slotOf = (hash: number): number => imul(hash, 0x9e3779b1) >>> (32 - slotBits);
