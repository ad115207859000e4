import { setTimeout as sleep } from "node:timers/promises";
import { RateLimitedError, type Service, TransientError } from "../errors.js";

/** The longest that one call may sleep for `Retry-After`, in all; a longer pause is the state machine's. */
const patienceMs = 60_000;

/** Pauses before a read is tried again, in milliseconds, each less a random part. What fails then is the state machine's. */
const readPausesMs = [100, 400];

/**
 * `fetch` for one service, with a time-out and with patience: it waits as told by `Retry-After` (429, and 403
 * for GitHub's secondary limits) and tries again. A connection that fails or times out throws a
 * `TransientError`: the request may or may not have had its effect. Reads, which have none, are tried three
 * times, for a Lambda that makes several would seldom get through them all while a service is unwell. A 429 for
 * which `isAnswer` holds (it gets a copy) is no rate limit, and is returned.
 * https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#handle-rate-limit-errors-appropriately
 */
export function patientFetch(
  service: Service,
  timeoutMs: number,
  isAnswer?: (response: Response) => Promise<boolean>,
): typeof fetch {
  return async (input, init) => {
    const request = `${init?.method ?? "GET"} ${pathOf(input)}`;
    for (let sleptMs = 0; ; ) {
      const response = await read(service, request, timeoutMs, input, init);
      const waitMs = pauseAskedFor(response);
      if (waitMs === undefined) return response;
      if (response.status === 429 && (await isAnswer?.(response.clone()).catch(() => false))) return response;
      await response.body?.cancel();
      if (sleptMs + waitMs > patienceMs) {
        throw new RateLimitedError(
          `${service} limits the rate of requests: ${request} may be sent again in ${Math.ceil(waitMs / 1000)} s. It is retried later.`,
        );
      }
      // A little more than asked for, so that clients which were limited together do not return together.
      await sleep(waitMs * (1 + Math.random() * 0.1));
      sleptMs += waitMs;
    }
  };
}

/** One request; a read is repeated where the service fails. */
async function read(...call: Parameters<typeof attempt>): Promise<Response> {
  const pauses = call[1].startsWith("GET ") ? readPausesMs : [];
  for (const pauseMs of pauses) {
    const response = await attempt(...call).catch((error: TransientError) => error);
    if (response instanceof Response) {
      if (response.status < 500) return response;
      await response.body?.cancel();
    }
    await sleep(pauseMs * (0.5 + Math.random() / 2));
  }
  return attempt(...call);
}

async function attempt(
  service: Service,
  request: string,
  timeoutMs: number,
  ...[input, init]: Parameters<typeof fetch>
): Promise<Response> {
  try {
    return await fetch(input, { ...init, signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    throw new TransientError(
      `${service} did not answer ${request}: ${reasonOf(error)}. It is retried.`,
      undefined,
      hasTimedOut(error),
    );
  }
}

/** Milliseconds to wait before the next attempt, `undefined` where the response is an answer. */
function pauseAskedFor(response: Response): number | undefined {
  if (response.status !== 429 && response.status !== 403) return undefined;
  const retryAfter = response.headers.get("retry-after");
  if (retryAfter !== null) {
    const seconds = Number(retryAfter);
    return atLeastASecond(Number.isFinite(seconds) ? seconds * 1000 : Date.parse(retryAfter) - Date.now());
  }
  const reset = response.headers.get("x-ratelimit-reset");
  if (response.headers.get("x-ratelimit-remaining") === "0" && reset !== null) {
    return atLeastASecond(Number(reset) * 1000 - Date.now());
  }
  // GitHub: "wait at least one minute" where a limit names no time; so a sleep here would be too short.
  return response.status === 429 ? patienceMs + 1000 : undefined;
}

/** So that a pause of 0 s, or one that is over by our clock, does not become a hot loop. */
function atLeastASecond(ms: number): number {
  return Number.isNaN(ms) ? patienceMs + 1000 : Math.max(1000, ms);
}

/** It is a DOMException, which is no `Error` of every realm. */
function hasTimedOut(error: unknown): boolean {
  return typeof error === "object" && error !== null && "name" in error && error.name === "TimeoutError";
}

/** The name of what went wrong; undici hides it in `cause`. */
function reasonOf(error: unknown): string {
  if (hasTimedOut(error)) return "it took too long";
  if (!(error instanceof Error)) return "the connection failed";
  const cause = error.cause;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" ? code : error.message;
}

function pathOf(input: Parameters<typeof fetch>[0]): string {
  return new URL(input instanceof Request ? input.url : input).pathname;
}
