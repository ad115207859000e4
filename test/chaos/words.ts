import type { Trace } from "./trace.js";

/** A text for the agent. */
export interface Word {
  /**
   * Finds it in a message. Something that can be sent more than once, such as a conflict, is sent once for each different
   * match.
   */
  pattern: RegExp;
  /** `must`: the agent has to get it. `may`: it may miss it, because something else happened at the same time. */
  delivery: "must" | "may";
}

/** Everything that is said to the agent of one issue. */
export class Words {
  readonly #all = new Set<Word>();
  #count = 0;

  constructor(
    private readonly issue: number,
    private readonly trace: Trace,
    /** Whether the agent runs. What is said before that may not reach an agent. */
    private readonly runs: () => boolean,
  ) {}

  get all(): readonly Word[] {
    return [...this.#all];
  }

  /** A unique text, which its marker finds again. */
  say(kind: string): Word & { marker: string } {
    this.#count += 1;
    const marker = `${kind}-${this.issue}-${this.#count}-word`;
    return Object.assign(this.note(marker, new RegExp(marker)), { marker });
  }

  /** Something that the relay says in its own words. */
  note(what: string, pattern: RegExp): Word {
    const word: Word = { pattern, delivery: this.runs() ? "must" : "may" };
    this.#all.add(word);
    this.trace.note(`#${this.issue} says ${what} (${word.delivery})`);
    return word;
  }

  /** Stops looking for a text in messages. */
  forget(word: Word): void {
    this.#all.delete(word);
  }

  /** From now on, nothing said so far has to reach an agent. */
  disturb(): void {
    for (const word of this.#all) word.delivery = "may";
  }
}
