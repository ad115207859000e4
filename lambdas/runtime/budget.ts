import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { TransientError } from "../model/errors.js";

/**
 * The time of one invocation. Every request and every sleep fits into it: what does not ends in a `TransientError`,
 * which is retried under its name, before Lambda ends the whole with `Sandbox.Timedout`.
 */

/** When the time of an invocation is over, by `performance.now()`. Several invocations can share a process. */
const ends = new AsyncLocalStorage<number>();

/** Kept back for what takes time without asking for it, in milliseconds: a tenth of the whole, and not more than this. */
const reserveMs = 5000;

/** With less than this, in milliseconds, a request is not begun. */
const shortestRequestMs = 1000;

/** What is used of Lambda's context. */
interface InvocationContext {
  getRemainingTimeInMillis(): number;
}

/**
 * A Lambda's handler that keeps within its time; called without Lambda's context, it has no end. The bundler wraps
 * every handler (`infra/bundle.ts`).
 */
export function withBudget<Input, Output>(
  handler: (input: Input) => Promise<Output>,
): (input: Input, context?: InvocationContext) => Promise<Output> {
  return (input, context) => {
    if (!context) return handler(input);
    const givenMs = context.getRemainingTimeInMillis();
    const end = performance.now() + givenMs - Math.min(reserveMs, givenMs / 10);
    return ends.run(end, () => handler(input));
  };
}

/** Gives `act` so many milliseconds of the invocation's time, or what is left of it. */
export function within<Output>(ms: number, act: () => Promise<Output>): Promise<Output> {
  return ends.run(performance.now() + Math.min(ms, remainingMs()), act);
}

/** Milliseconds that are left of the invocation; without end outside of one. */
export function remainingMs(): number {
  return (ends.getStore() ?? Number.POSITIVE_INFINITY) - performance.now();
}

/** Whether there is time to wait for so long, and for a request after it. */
export function hasTimeFor(ms: number): boolean {
  return ms + shortestRequestMs <= remainingMs();
}

/** The time-out of a request that would like `wantedMs`. Throws a `TransientError` if there is no time for one. */
export function timeoutFor(request: string, wantedMs: number): number {
  const leftMs = remainingMs();
  if (leftMs < Math.min(wantedMs, shortestRequestMs)) {
    throw new TransientError(`There was no time left for ${request}. It is retried.`);
  }
  return Math.floor(Math.min(wantedMs, leftMs));
}

/** Sleeps. Throws a `TransientError` at once if there is no time for that and for a request after it. */
export async function sleep(ms: number): Promise<void> {
  if (!hasTimeFor(ms)) {
    throw new TransientError(`There was no time left to wait for ${ms} ms. It is retried.`);
  }
  await pause(ms);
}
