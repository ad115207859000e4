/** The timers of one fake server, so that all of them can end with it. */
export class Timers {
  readonly #running = new Set<NodeJS.Timeout>();
  #closed = false;

  /** Runs `then` after so many milliseconds. Returns what cancels it. */
  after(ms: number, then: () => void): () => void {
    if (this.#closed) return () => {};
    const timer = setTimeout(() => {
      this.#running.delete(timer);
      then();
    }, ms);
    this.#running.add(timer);
    return () => {
      clearTimeout(timer);
      this.#running.delete(timer);
    };
  }

  /** Cancels all, for good. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#running) clearTimeout(timer);
    this.#running.clear();
  }
}
