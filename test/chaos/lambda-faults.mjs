// Plain JavaScript, because a Lambda's thread imports it.
import { existsSync } from "node:fs";

/** Lambda's own errors when a function takes too long, when its process dies, and when it is called too often. */
const faults = ["Sandbox.Timedout", "Runtime.ExitError", "Lambda.TooManyRequestsException"];

/**
 * A Lambda whose calls sometimes fail with Lambda's own errors, either before they have an effect, or after it so that
 * their result is lost.
 *
 * @param {(event: unknown, context: object) => unknown} handler
 * @param {{ probability: number, calm: string }} options there are no faults while the file `calm` exists.
 */
export function withFaults(handler, { probability, calm }) {
  return async (...call) => {
    const fails = Math.random() < probability && !existsSync(calm);
    const name = faults[Math.floor(Math.random() * faults.length)];
    const isBefore = name === "Lambda.TooManyRequestsException" || Math.random() < 0.5;
    const error = Object.assign(new Error(`injected ${name}`), { name });
    if (fails && isBefore) throw error;
    const result = await handler(...call);
    if (fails) throw error;
    return result;
  };
}
