import { callAfter } from "../../engine/timer.js";

/**
 * A clock that begins at the real time and runs faster: with a time scale of 0.002, a minute of it takes 120 ms. With
 * 0 it stands, and nothing comes due.
 */
export class ScaledClock {
  readonly #start = Date.now();
  readonly #timeScale: number;

  /** @param timeScale the factor that the engine's waits are multiplied with. */
  constructor(timeScale: number) {
    this.#timeScale = timeScale;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    if (this.#timeScale === 0) return this.#start;
    return this.#start + (Date.now() - this.#start) / this.#timeScale;
  }

  /** Calls back once this clock shows `time`, never earlier. Returns what cancels it. */
  at(time: number, callback: () => void): () => void {
    if (this.#timeScale === 0) return () => {};
    let cancel = () => {};
    const arm = () => {
      // A timer may be a millisecond early.
      const left = Math.ceil((time - this.now()) * this.#timeScale);
      cancel = callAfter(Math.max(0, left), () => (this.now() < time ? arm() : callback()));
    };
    arm();
    return () => cancel();
  }
}
