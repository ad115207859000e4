import { TerminalStateError } from "./errors.js";
import type { History } from "./history.js";
import { callAfter } from "./timer.js";

/** One run of an execution: from its start or a redrive to its end. */
export class Run {
  #isOver = false;
  cancelTimeout: () => void = () => {};
  /** Cancels the current state's wait. */
  interrupt: () => void = () => {};

  constructor(private readonly history: History) {}

  get isOver(): boolean {
    return this.#isOver;
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.cancelTimeout();
    this.interrupt();
  }

  /** Adds an event to the history. Throws once the run is over. */
  record(...event: Parameters<History["add"]>): void {
    this.check();
    this.history.add(...event);
  }

  /** Throws once the run is over. */
  check(): void {
    if (this.#isOver) throw interrupted();
  }

  /** Waits until this time, in milliseconds since the epoch. Throws once the run is over. */
  async waitUntil(due: number, now: () => number): Promise<void> {
    const ms = due - now();
    if (ms > 0) await this.wait<void>((resolve) => callAfter(ms, resolve));
  }

  /** A promise that `begin` settles or the end of the run rejects. `begin` returns a function that cancels its wait. */
  async wait<T>(
    begin: (resolve: (value: T) => void, reject: (reason: unknown) => void) => () => void,
  ): Promise<T> {
    this.check();
    return new Promise<T>((resolve, reject) => {
      const cancel = begin(resolve, reject);
      this.interrupt = () => {
        cancel();
        reject(interrupted());
      };
    });
  }
}

/** The error that ends the work of a run that is over. No `Retry` and no `Catch` may handle it. */
function interrupted(): TerminalStateError {
  return new TerminalStateError("States.Runtime", "the execution has ended");
}
