import { AsyncLocalStorage } from "node:async_hooks";
import { TransientError } from "../model/errors.js";

/**
 * The time of one invocation. Every request and every sleep has to fit into it. If one doesn't fit, it ends in a
 * `TransientError`, which is retried; otherwise Lambda would end the invocation with `Sandbox.Timedout`.
 */

/** The end of an invocation's time, by `performance.now()`. Several invocations can share a process. */
const ends = new AsyncLocalStorage<number>();

/**
 * The reserve for everything other than requests and sleeps is a tenth of the whole time, but at most this
 * (milliseconds).
 */
const reserveMs = 5000;

/** A request is sent only if this much time is left, in milliseconds. */
const shortestRequestMs = 1000;

/** The part of Lambda's context that is used here. */
interface InvocationContext {
  getRemainingTimeInMillis(): number;
}

/**
 * Makes a Lambda's handler keep within its time. Without Lambda's context, there is no limit. The bundler wraps every
 * handler (`infra/bundling/bundle.ts`).
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

/** Gives `act` this many milliseconds of the invocation's time, or what is left if that is less. */
export function within<Output>(ms: number, act: () => Promise<Output>): Promise<Output> {
  return ends.run(performance.now() + Math.min(ms, remainingMs()), act);
}

/** The milliseconds left in the invocation; infinite outside of one. */
export function remainingMs(): number {
  return (ends.getStore() ?? Number.POSITIVE_INFINITY) - performance.now();
}

/** Whether there is time to wait this long and then send a request. */
export function hasTimeFor(ms: number): boolean {
  return ms + shortestRequestMs <= remainingMs();
}

/** The time-out of a request that may take `wantedMs`. Throws a `TransientError` if there is no time for it. */
export function timeoutFor(request: string, wantedMs: number): number {
  const leftMs = remainingMs();
  if (leftMs < Math.min(wantedMs, shortestRequestMs)) {
    throw new TransientError(`There was no time left for ${request}. It is retried.`);
  }
  return Math.floor(Math.min(wantedMs, leftMs));
}

/** Sleeps. Throws a `TransientError` at once if there is no time to sleep and then send a request. */
export async function sleep(ms: number): Promise<void> {
  if (!hasTimeFor(ms)) {
    throw new TransientError(`There was no time left to wait ${ms} ms. It is retried.`);
  }
  await new Promise((resolve) => setTimeout(resolve, ms));
}
