/** What a byte leads to: nothing, a clue, a word that may be a class's name, or a line's end. */
export const nothing = 0;
export const aClue = 1;
export const aColon = 2;
export const aLineEnd = 3;

/**
 * Finds any of many texts in bytes in one pass, at the same speed however many there are: the automaton of Aho and
 * Corasick. ASCII letters fit in both cases. A line begins as after a space, so that ` x` is `x` as a word's
 * beginning.
 *
 * @example
 * let state = scanner.start;
 * for (const byte of bytes) {
 *   state = scanner.next[state + scanner.classOf[byte]];
 *   if (scanner.found[state >> 8] === aClue) …
 * }
 */
export class ClueScanner {
  /** By byte: bytes that all clues treat alike share a class. */
  readonly classOf = new Uint8Array(256);
  /** By state and class, the next state. A state is a multiple of 256. */
  readonly next: Uint32Array;
  /** By `state >> 8`. */
  readonly found: Uint8Array;
  readonly start: number;

  constructor(clues: readonly string[]) {
    const texts = [...new Set(clues.map((clue) => clue.toLowerCase()))].map((clue) => Buffer.from(clue));
    const classes = this.#classify(texts);
    const children: Map<number, number>[] = [new Map()];
    const ends = [nothing];
    const grow = (text: Uint8Array, end: number) => {
      let node = 0;
      for (const byte of text) {
        const kind = this.classOf[byte] ?? 0;
        let child = children[node]?.get(kind);
        if (child === undefined) {
          child = children.push(new Map()) - 1;
          ends.push(nothing);
          children[node]?.set(kind, child);
        }
        node = child;
      }
      ends[node] = end;
    };
    grow(Buffer.from(":"), aColon);
    for (const text of texts) grow(text, aClue);
    for (const end of ["\n", "\r"]) grow(Buffer.from(end), aLineEnd);
    // A NUL makes a line worth a look: it may be UTF-16.
    grow(Buffer.from([0]), aClue);

    this.next = new Uint32Array(children.length * 256);
    this.found = Uint8Array.from(ends);
    this.#link(children, classes);
    this.start = this.next[this.classOf[0x20] ?? 0] ?? 0;
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

  /** Breadth first: where a text goes on no further, the longest end of it that begins another one does. */
  #link(children: readonly Map<number, number>[], classes: number): void {
    const fallbacks = new Uint32Array(children.length);
    const queue = [0];
    for (const node of queue) {
      const fallback = fallbacks[node] ?? 0;
      if (node > 0 && this.found[node] === nothing) this.found[node] = this.found[fallback] ?? nothing;
      for (let kind = 0; kind < classes; kind++) {
        const child = children[node]?.get(kind);
        const otherwise = node === 0 ? 0 : (this.next[fallback * 256 + kind] ?? 0);
        this.next[node * 256 + kind] = child === undefined ? otherwise : child * 256;
        if (child === undefined) continue;
        fallbacks[child] = otherwise / 256;
        queue.push(child);
      }
    }
  }
}
