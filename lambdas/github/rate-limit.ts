import { measure } from "../runtime/metrics.js";

/** Every answer contains the remaining limit, but one line per minute and container is enough. */
const intervalMs = 60_000;
let measuredAt = Number.NEGATIVE_INFINITY;

/**
 * Measures how many REST requests an installation has left, from the headers of an answer.
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#checking-the-status-of-your-rate-limit
 */
export function measureRateLimit(headers: Readonly<Record<string, string | number | undefined>>): void {
  const left = Number(headers["x-ratelimit-remaining"]);
  const isRest = headers["x-ratelimit-resource"] === "core";
  const now = performance.now();
  if (!isRest || Number.isNaN(left) || now - measuredAt < intervalMs) return;
  measuredAt = now;
  measure("GitHubRateLimitLeft", left);
}
