import { TerminalStateError } from "./errors.js";

/** An entry of a state's `Retry`: https://states-language.net/#errors */
interface Retrier {
  ErrorEquals: string[];
  IntervalSeconds?: number;
  MaxAttempts?: number;
  BackoffRate?: number;
  MaxDelaySeconds?: number;
  JitterStrategy?: "FULL" | "NONE";
}

/** A failed attempt. */
export interface Failure {
  error: Error;
  /** Milliseconds since the epoch. */
  at: number;
}

/**
 * The retries of one visit to a state. aws-local-stepfunctions has its own retries, but their counts and waits can't be
 * read, so an execution couldn't continue where it stood.
 */
export class Retries {
  readonly #retriers: readonly Retrier[];
  /** How often each retrier has been used. */
  readonly #counts: number[];

  /** @param retriers the state's `Retry`. */
  constructor(
    retriers: unknown,
    private readonly timeScale: number,
  ) {
    // The definition has been validated.
    this.#retriers = Array.isArray(retriers) ? retriers : [];
    this.#counts = this.#retriers.map(() => 0);
  }

  /**
   * When to make the next attempt after this failure, in milliseconds since the epoch. Throws the error if there is none.
   */
  next({ error, at }: Failure): number {
    const index = this.#retriers.findIndex((retrier) => matches(retrier, error));
    const retrier = this.#retriers[index];
    const count = this.#counts[index] ?? 0;
    if (!retrier || count >= (retrier.MaxAttempts ?? 3)) throw error;
    this.#counts[index] = count + 1;
    return at + secondsBefore(retrier, count) * 1000 * this.timeScale;
  }
}

function matches({ ErrorEquals }: Retrier, error: Error): boolean {
  if (error instanceof TerminalStateError) return false;
  return ErrorEquals.some((name) => {
    if (name === "States.TaskFailed") return error.name !== "States.Timeout";
    return name === "States.ALL" || name === error.name;
  });
}

function secondsBefore(retrier: Retrier, count: number): number {
  const interval = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** count;
  const longest = Math.min(interval, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
  return retrier.JitterStrategy === "FULL" ? Math.random() * longest : longest;
}
