import type { HttpHandler, HttpReply, HttpRequest, HttpServer } from "../../http/http-server.js";
import { needsOf } from "./permissions.js";

export type Json = Record<string, unknown>;

/** A refusal in the shape of GitHub's API errors: `message`, `documentation_url`, `status`. */
export class GitHubError extends Error {
  override readonly name = "GitHubError";

  constructor(
    readonly status: number,
    message: string,
    readonly extra: Json = {},
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }

  get reply(): HttpReply {
    const body = {
      message: this.message,
      ...this.extra,
      documentation_url: "https://docs.github.com/rest",
      status: `${this.status}`,
    };
    return { status: this.status, body, headers: this.headers };
  }
}

export const notFound = (message = "Not Found"): GitHubError => new GitHubError(404, message);

/** https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed */
export const invalid = (resource: string, code: string, field: string, message?: string): GitHubError =>
  new GitHubError(422, "Validation Failed", {
    errors: [{ resource, code, field, ...(message === undefined ? {} : { message }) }],
  });

/** Routes whose handlers may throw a `GitHubError`. */
export class Rest {
  /** Called with each request and its route's permissions, one of which is enough; may throw. */
  check: (request: HttpRequest, anyOf: readonly string[]) => void = () => {};

  constructor(
    readonly http: HttpServer,
    /** The API's base URL, without a trailing slash. */
    readonly apiUrl: () => string,
  ) {}

  get = (pattern: string, handler: HttpHandler): Rest => this.#route("GET", pattern, handler);
  post = (pattern: string, handler: HttpHandler): Rest => this.#route("POST", pattern, handler);
  patch = (pattern: string, handler: HttpHandler): Rest => this.#route("PATCH", pattern, handler);
  delete = (pattern: string, handler: HttpHandler): Rest => this.#route("DELETE", pattern, handler);

  #route(method: string, pattern: string, handler: HttpHandler): this {
    const anyOf = needsOf(method, pattern);
    this.http.route(method, pattern, async (request) => {
      try {
        this.check(request, anyOf);
        return await handler(request);
      } catch (error) {
        if (error instanceof GitHubError) return error.reply;
        throw error;
      }
    });
    return this;
  }

  /**
   * One page of `items` with GitHub's `Link` header: 30 per page, 100 at most. `key` wraps the page as `{total_count,
   * [key]: [...]}`, as the Actions and Checks APIs do.
   */
  page<T>(request: HttpRequest, items: T[], toJson: (item: T) => Json, key?: string): HttpReply {
    const perPage = pageSize(request);
    const page = Math.max(1, Number(request.query.get("page") ?? 1) || 1);
    const last = Math.max(1, Math.ceil(items.length / perPage));
    const shown = items.slice((page - 1) * perPage, page * perPage).map(toJson);
    const links: string[] = [];
    if (page > 1) links.push(this.#link(request, page - 1, "prev"), this.#link(request, 1, "first"));
    if (page < last) links.push(this.#link(request, page + 1, "next"), this.#link(request, last, "last"));
    return {
      status: 200,
      body: key === undefined ? shown : { total_count: items.length, [key]: shown },
      ...(links.length > 0 ? { headers: { link: links.join(", ") } } : {}),
    };
  }

  #link(request: HttpRequest, page: number, rel: string): string {
    return this.link(request, { page: `${page}` }, rel);
  }

  /** One entry of a `Link` header: this request with some of its query parameters replaced. */
  link(request: HttpRequest, replaced: Record<string, string>, rel: string): string {
    const query = new URLSearchParams(request.query);
    for (const [name, value] of Object.entries(replaced)) query.set(name, value);
    return `<${this.apiUrl()}${request.path}?${query}>; rel="${rel}"`;
  }
}

/** How many items the client asked for: 30 by default, never more than 100. */
export function pageSize(request: HttpRequest): number {
  const asked = Number(request.query.get("per_page") ?? 30);
  return Number.isInteger(asked) && asked > 0 ? Math.min(asked, 100) : 30;
}

/** A named segment of the path. */
export const param = (request: HttpRequest, name: string): string => request.params[name] ?? "";

/** The request's JSON object. @throws GitHubError 400 if it is something else. */
export function body(request: HttpRequest): Json {
  if (request.body === undefined) return {};
  if (typeof request.body === "object" && request.body !== null && !Array.isArray(request.body)) {
    return { ...request.body };
  }
  throw new GitHubError(400, "Problems parsing JSON");
}
