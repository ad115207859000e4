import { RateLimitedError, type Service, TransientError } from "../model/errors.js";
import { hasTimeFor, sleep, timeoutFor } from "./budget.js";

/** The longest that one call may sleep for `Retry-After` in total; the state machine handles longer pauses. */
const patienceMs = 60_000;

/**
 * If a limit comes without a time, GitHub asks us to wait at least a minute, and longer each time. The retry policy for a
 * `RateLimitedError` does that.
 */
const unknownPauseMs = 61_000;

/**
 * Pauses before a read is retried, in milliseconds; each is shortened by a random part. After that the state machine
 * retries.
 */
const readPausesMs = [100, 400];

/**
 * GitHub's messages about its limits, because some secondary limits have neither `Retry-After` nor a remaining count of
 * 0.
 */
const limitMessage = /rate limit|abuse|submitted too quickly/i;

/**
 * `fetch` for one service, with a time-out and with patience: after a rate limit (429, and 403 for GitHub's secondary
 * limits) it waits as long as `Retry-After` says and tries again. If the connection fails or times out, it throws a
 * `TransientError`: the request may or may not have taken effect. Reads have no effect, so they are tried three times;
 * otherwise a Lambda with several reads would seldom get through while a service is unwell. If `isAnswer`, which gets a
 * copy, accepts a 429, that is not a rate limit and is returned. All of this fits into the invocation's time.
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
      const waitMs = await pauseAskedFor(response, request);
      if (waitMs === undefined) return response;
      if (response.status === 429 && (await isAnswer?.(response.clone()).catch(() => false))) return response;
      await response.body?.cancel();
      // Wait a little longer, so clients that were limited together don't all return together.
      const spreadMs = waitMs * (1 + Math.random() * 0.1);
      if (sleptMs + waitMs > patienceMs || !hasTimeFor(spreadMs)) {
        throw new RateLimitedError(
          `${service} limits the rate of requests: ${request} may be sent again in ${Math.ceil(waitMs / 1000)} s. It is retried.`,
        );
      }
      await sleep(spreadMs);
      sleptMs += waitMs;
    }
  };
}

/** One request; a read is repeated if the service fails. */
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
  const signal = AbortSignal.timeout(timeoutFor(`${request} of ${service}`, timeoutMs));
  try {
    const response = await fetch(input, { ...init, signal });
    return isJson(response) ? await whole(response) : response;
  } catch (error) {
    throw new TransientError(
      `${service} did not answer ${request}: ${reasonOf(error)}. It is retried.`,
      undefined,
      hasTimedOut(error),
    );
  }
}

/**
 * The response with its whole body in memory. JSON that breaks off must fail here, because Octokit would take it for an
 * empty answer. A new response is faster than a clone.
 */
async function whole(response: Response): Promise<Response> {
  const body = await response.arrayBuffer();
  const { url } = response;
  const own = new Response(body.byteLength > 0 ? body : null, response);
  return Object.defineProperty(own, "url", { value: url });
}

/** Milliseconds to wait before the next attempt; `undefined` if the response is an answer. */
async function pauseAskedFor(response: Response, request: string): Promise<number | undefined> {
  const { status, headers } = response;
  const isRefused = status === 429 || status === 403;
  const isLimited = status === 429 || (await saysThatItIsLimited(response, request));
  const now = Date.parse(headers.get("date") ?? "") || Date.now();
  const retryAfter = headers.get("retry-after");
  if (isRefused && retryAfter !== null) {
    const seconds = Number(retryAfter);
    return atLeastASecond(Number.isFinite(seconds) ? seconds * 1000 : Date.parse(retryAfter) - now);
  }
  const reset = headers.get("x-ratelimit-reset");
  if ((isRefused || isLimited) && headers.get("x-ratelimit-remaining") === "0" && reset !== null) {
    return atLeastASecond(Number(reset) * 1000 - now);
  }
  return isLimited ? unknownPauseMs : undefined;
}

/**
 * Decides by the messages of GitHub's 403s, of its 422s, which also limit what is created, or of its GraphQL API's
 * answers, which are always 200s.
 */
async function saysThatItIsLimited(response: Response, request: string): Promise<boolean> {
  const { status } = response;
  const isAnswer = status === 200 && request.endsWith("/graphql");
  if (!isJson(response) || !(isAnswer || status === 403 || status === 422)) return false;
  const body = await json(response);
  const errors = "errors" in body && Array.isArray(body.errors) ? body.errors : [];
  return limitMessage.test(messageOf(body)) || errors.some(isLimit);
}

/** Whether an error in GitHub's answer is a limit, by its message, its type (GraphQL) or its code (REST). */
function isLimit(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return limitMessage.test(String(error));
  const { type, code } = error as { type?: unknown; code?: unknown };
  return type === "RATE_LIMITED" || code === "abuse" || limitMessage.test(messageOf(error));
}

function isJson({ headers }: Response): boolean {
  return /^application\/(?:[\w.]+\+)?json\b/i.test(headers.get("content-type") ?? "");
}

/** The body, read from a copy; always an object. */
async function json(response: Response): Promise<object> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  return typeof body === "object" && body !== null ? body : {};
}

function messageOf(body: object): string {
  return "message" in body && typeof body.message === "string" ? body.message : "";
}

/** A pause of 0 s, or one that has already passed by our clock, must not cause a hot loop. */
function atLeastASecond(ms: number): number {
  return Number.isNaN(ms) ? unknownPauseMs : Math.max(1000, ms);
}

/** A DOMException from another realm is not an `Error` here. */
function hasTimedOut(error: unknown): boolean {
  return typeof error === "object" && error !== null && "name" in error && error.name === "TimeoutError";
}

/** The reason of a failure; undici hides it in `cause`. */
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
