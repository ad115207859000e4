import { maxTimerSeconds } from "./limits.js";

const longestMs = maxTimerSeconds * 1000;

/**
 * Calls back after that many milliseconds, also if they are more than one timer can wait. 0 still lets other
 * work run first. Returns what cancels it.
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
