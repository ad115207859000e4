import type { HttpServer } from "../../http/http-server.js";

export interface RateLimit {
  method?: string;
  path?: RegExp;
  times?: number;
  /** 1 by default; `null` leaves the header out, as GitHub often does. */
  retryAfterSeconds?: number | null;
}

/** What every answer says of the primary limit, which the fake never reaches. An Enterprise Server has none by default. */
export const primaryLimit = {
  "x-ratelimit-limit": "5000",
  "x-ratelimit-remaining": "4987",
  "x-ratelimit-resource": "core",
};

/**
 * Makes the next matching calls hit a secondary rate limit.
 * https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
 */
export function limitRate(http: HttpServer, { retryAfterSeconds = 1, ...which }: RateLimit): void {
  http.fail({
    ...which,
    status: 403,
    headers: retryAfterSeconds === null ? {} : { "retry-after": `${retryAfterSeconds}` },
    body: {
      message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
      documentation_url:
        "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits",
    },
  });
}

/**
 * Makes the next GraphQL queries hit a rate limit: GitHub answers 200, with an error.
 * https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api#exceeding-the-rate-limit
 */
export function limitQueries(
  http: HttpServer,
  { times, installation }: { times: number; installation: string },
): void {
  const message = `API rate limit already exceeded for installation ID ${installation}.`;
  http.fail({
    method: "POST",
    path: /\/graphql$/,
    times,
    status: 200,
    body: { errors: [{ type: "RATE_LIMITED", message }] },
  });
}
