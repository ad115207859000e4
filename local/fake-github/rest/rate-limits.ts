import type { HttpReply, HttpRequest, HttpServer } from "../../http/http-server.js";
import type { Rest } from "./rest.js";

export interface RateLimit {
  method?: string;
  path?: RegExp;
  times?: number;
  /** 1 by default; `null` leaves the header out, as GitHub often does. */
  retryAfterSeconds?: number | null;
  /** It is the limit for what is created, which GitHub answers like a text that is not valid. */
  isCreation?: boolean;
}

/** The headers about the primary limit, unless a test sets a quota. An Enterprise Server has no limit by default. */
export const primaryLimit = {
  "x-ratelimit-limit": "5000",
  "x-ratelimit-remaining": "4987",
  "x-ratelimit-resource": "core",
};

/**
 * Makes the next matching calls hit a secondary rate limit.
 * https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
 */
export function limitRate(
  http: HttpServer,
  { retryAfterSeconds = 1, isCreation, ...which }: RateLimit,
): void {
  if (isCreation) {
    const error = { resource: "IssueComment", code: "custom", message: "was submitted too quickly" };
    http.fail({ ...which, status: 422, body: { message: "Validation Failed", errors: [error] } });
    return;
  }
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

type Resource = "core" | "graphql";

const hourMs = 3_600_000;

/**
 * The primary rate limits of an installation. `GET /rate_limit` and the App's own requests don't count.
 * https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#primary-rate-limit-for-github-app-installations
 */
export class Quotas {
  /** The limit of an account with Enterprise Cloud. */
  limit = 15_000;
  readonly used: Record<Resource, number> = { core: 0, graphql: 0 };
  #resetAt: number;

  constructor(private readonly now: () => Date) {
    this.#resetAt = now().getTime() + hourMs;
  }

  /** Counts a request. Returns the refusal if it exceeds the quota. */
  check({ path }: HttpRequest): HttpReply | undefined {
    if (/^\/(app|_logs|rate_limit)(\/|$)/.test(path)) return undefined;
    if (this.now().getTime() >= this.#resetAt) this.reset();
    const resource: Resource = path === "/graphql" ? "graphql" : "core";
    if (this.used[resource] < this.limit) {
      this.used[resource] += 1;
      return undefined;
    }
    const message = "API rate limit exceeded for installation.";
    const headers = this.#headers(resource);
    return resource === "graphql"
      ? { status: 200, headers, body: { errors: [{ type: "RATE_LIMITED", message }] } }
      : { status: 403, headers, body: { message, documentation_url: "https://docs.github.com/rest" } };
  }

  /** Starts a new hour. */
  reset(): void {
    Object.assign(this.used, { core: 0, graphql: 0 });
    this.#resetAt = this.now().getTime() + hourMs;
  }

  routes(rest: Rest): void {
    rest.get("/rate_limit", () => {
      const resources = { core: this.#json("core"), graphql: this.#json("graphql") };
      return { status: 200, body: { resources, rate: resources.core } };
    });
  }

  #json(resource: Resource) {
    const used = this.used[resource];
    const reset = Math.ceil(this.#resetAt / 1000);
    return { limit: this.limit, used, remaining: this.limit - used, reset, resource };
  }

  #headers(resource: Resource): Record<string, string> {
    const entries = Object.entries(this.#json(resource));
    return Object.fromEntries(entries.map(([name, value]) => [`x-ratelimit-${name}`, `${value}`]));
  }
}
