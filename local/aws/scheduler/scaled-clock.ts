import { callAfter } from "../../engine/timer.js";

/**
 * A clock that starts at the real time and runs faster: with a time scale of 0.002, one of its minutes takes 120 ms.
 * With 0 it stands still, and nothing is ever due.
 */
export class ScaledClock {
  readonly #start = Date.now();
  readonly #timeScale: number;

  /** @param timeScale the engine multiplies its waits by the same factor. */
  constructor(timeScale: number) {
    this.#timeScale = timeScale;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    if (this.#timeScale === 0) return this.#start;
    return this.#start + (Date.now() - this.#start) / this.#timeScale;
  }

  /** Calls back once this clock shows `time`, never earlier. Returns a function that cancels the call. */
  at(time: number, callback: () => void): () => void {
    if (this.#timeScale === 0) return () => {};
    let cancel = () => {};
    const arm = () => {
      // A timer may fire a millisecond early.
      const left = Math.ceil((time - this.now()) * this.#timeScale);
      cancel = callAfter(Math.max(0, left), () => (this.now() < time ? arm() : callback()));
    };
    arm();
    return () => cancel();
  }
}
