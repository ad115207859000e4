import { maxTimerSeconds } from "./limits.js";

const longestMs = maxTimerSeconds * 1000;

/**
 * Calls back after this many milliseconds, even if they exceed the limit of one timer. With 0, other work still
 * runs first. Returns a function that cancels the call.
 */
export function callAfter(ms: number, callback: () => void): () => void {
  if (ms <= 0) {
    const immediate = setImmediate(callback);
    return () => clearImmediate(immediate);
  }
  let left = ms;
  let timer: NodeJS.Timeout;
  const arm = () => {
    const next = Math.min(left, longestMs);
    left -= next;
    timer = setTimeout(left > 0 ? arm : callback, next);
  };
  arm();
  return () => clearTimeout(timer);
}
