/** The text that can end at a byte: nothing of interest, a keyword, a word that may be a class name, or a line. */
export const nothing = 0;
export const keyword = 1;
export const colon = 2;
export const lineEnd = 3;

/**
 * Finds any of many keywords in bytes in one pass. The speed does not depend on their number (it is an Aho–Corasick
 * automaton). ASCII letters match in both cases. Every line starts as if after a space, so ` x` matches `x` at the start
 * of a line.
 *
 * @example let state = scanner.start; for (const byte of bytes) { state = scanner.next[(state << scanner.classBits) |
 * scanner.classOf[byte]]; if (state >= scanner.firstEnd && scanner.endOf[state] === keyword) … }
 */
export class KeywordScanner {
  /** The class of each byte. Bytes that all keywords treat alike share a class. */
  readonly classOf = new Uint8Array(256);
  readonly classBits: number;
  /** The next state for each state and class. The array is small enough to stay in the processor's cache. */
  readonly next: Uint16Array;
  /** What ends in each state. Nothing ends in states below `firstEnd`. */
  readonly endOf: Uint8Array;
  readonly firstEnd: number;
  readonly start: number;

  constructor(keywords: readonly string[]) {
    const texts = [...new Set(keywords.map((text) => text.toLowerCase()))].map((text) => Buffer.from(text));
    const classes = this.#classify(texts);
    this.classBits = Math.ceil(Math.log2(classes));
    const most = 5 + texts.reduce((sum, { length }) => sum + length, 0);
    const trie = new Trie(this.classOf, this.classBits, most);
    trie.add(Buffer.from(":"), colon);
    for (const text of texts) trie.add(text, keyword);
    for (const end of ["\n", "\r"]) trie.add(Buffer.from(end), lineEnd);
    // A line with a NUL may be UTF-16.
    trie.add(Buffer.from([0]), keyword);
    trie.link(classes);

    const states = [...trie.ends.keys()];
    const order = [
      ...states.filter((state) => trie.ends[state] === nothing),
      ...states.filter((state) => trie.ends[state] !== nothing),
    ];
    const renamed = new Uint16Array(order.length);
    for (const [now, before] of order.entries()) renamed[before] = now;
    const width = 1 << this.classBits;
    this.next = new Uint16Array(order.length * width);
    for (const [now, before] of order.entries()) {
      for (let kind = 0; kind < classes; kind++) {
        this.next[now * width + kind] = renamed[trie.next[before * width + kind] as number] as number;
      }
    }
    this.endOf = Uint8Array.from(order, (state) => trie.ends[state] as number);
    this.firstEnd = this.endOf.findIndex((end) => end !== nothing);
    this.start = this.next[this.classOf[0x20] as number] as number;
  }

  #classify(texts: readonly Uint8Array[]): number {
    let classes = 1;
    for (const byte of new Set([0, 0x0a, 0x0d, 0x20, 0x3a, ...texts.flatMap((text) => [...text])])) {
      this.classOf[byte] = classes;
      if (byte >= 0x61 && byte <= 0x7a) this.classOf[byte - 0x20] = classes;
      classes += 1;
    }
    return classes;
  }
}

/** The prefixes of the keywords. State 0 is the root; until the trie is linked, it also stands for "no state". */
class Trie {
  readonly next: Uint16Array;
  readonly ends = [nothing];

  constructor(
    readonly classOf: Uint8Array,
    readonly classBits: number,
    mostStates: number,
  ) {
    this.next = new Uint16Array(mostStates << classBits);
  }

  add(text: Uint8Array, end: number): void {
    let state = 0;
    for (const byte of text) {
      const at = (state << this.classBits) | (this.classOf[byte] as number);
      if (this.next[at] === 0) this.next[at] = this.ends.push(nothing) - 1;
      state = this.next[at] as number;
    }
    this.ends[state] = end;
  }

  /**
   * Goes breadth first. Where no keyword continues, links to the longest suffix of the text so far that begins another
   * keyword.
   */
  link(classes: number): void {
    const { next, ends, classBits } = this;
    const fallbacks = new Uint16Array(ends.length);
    const queue = [0];
    for (const state of queue) {
      const fallback = fallbacks[state] as number;
      if (ends[state] === nothing) ends[state] = ends[fallback] as number;
      for (let kind = 0; kind < classes; kind++) {
        const at = (state << classBits) | kind;
        const otherwise = state === 0 ? 0 : (next[(fallback << classBits) | kind] as number);
        const child = next[at] as number;
        if (child === 0) {
          next[at] = otherwise;
        } else {
          fallbacks[child] = otherwise;
          queue.push(child);
        }
      }
    }
  }
}
