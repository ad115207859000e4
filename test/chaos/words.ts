import type { Trace } from "./trace.js";

/** A text for the agent. */
export interface Word {
  /** What it is found by in a message. Of what can be told more than once, such as a conflict, each match is told once. */
  pattern: RegExp;
  /** `must`: the agent gets it. `may`: it can get it, because something else happened at the same time. */
  delivery: "must" | "may";
}

/** All that is said to the agent of one issue. */
export class Words {
  readonly #all = new Set<Word>();
  #count = 0;

  constructor(
    private readonly issue: number,
    private readonly trace: Trace,
    /** Whether the agent runs: whoever speaks before may be heard by no agent. */
    private readonly runs: () => boolean,
  ) {}

  get all(): readonly Word[] {
    return [...this.#all];
  }

  /** A text of its own, found again by this marker. */
  say(kind: string): Word & { marker: string } {
    this.#count += 1;
    const marker = `${kind}-${this.issue}-${this.#count}-word`;
    return Object.assign(this.note(marker, new RegExp(marker)), { marker });
  }

  /** What the relay says in its own words. */
  note(what: string, pattern: RegExp): Word {
    const word: Word = { pattern, delivery: this.runs() ? "must" : "may" };
    this.#all.add(word);
    this.trace.note(`#${this.issue} says ${what} (${word.delivery})`);
    return word;
  }

  /** It is not looked for in messages any more. */
  forget(word: Word): void {
    this.#all.delete(word);
  }

  /** Whoever speaks now may be heard by no agent. */
  disturb(): void {
    for (const word of this.#all) word.delivery = "may";
  }
}
