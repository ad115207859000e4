import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type Fault, FaultPlan } from "./faults.js";
import { foreignHost, isLoopbackHost } from "./loopback.js";

/** The input of a route handler. `params` holds the `:name` segments of the path, percent-decoded. */
export interface HttpRequest {
  method: string;
  path: string;
  params: Record<string, string>;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  raw: Buffer;
  /** The body parsed as JSON, its text if it is not JSON, `undefined` without a body. */
  body: unknown;
}

/**
 * An object or array as body is sent as JSON, a string or Buffer unchanged, an async iterable of strings or
 * Buffers (a `Readable` is one) piece by piece.
 */
export interface HttpReply {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export type HttpHandler = (request: HttpRequest) => HttpReply | Promise<HttpReply>;

/** One call that a server answered, or whose connection a fault broke. Kept for tests and for the demo's timeline. */
export interface RecordedCall {
  /** When the request arrived, in milliseconds since the epoch. */
  at: number;
  method: string;
  path: string;
  query: string;
  headers: IncomingHttpHeaders;
  body: unknown;
  /** `lost` if a fault broke the connection, before or after the effect. */
  status: number | "lost";
  reply: unknown;
}

/** Limits the memory of a server that runs for days. */
const keptCalls = 100_000;

interface Route {
  method: string;
  pattern: RegExp;
  names: string[];
  handler: HttpHandler;
}

/**
 * The HTTP server behind the local stand-ins for GitHub, Coder and AWS: routes, a record of every
 * call, and faults on demand. Listens on loopback only, and refuses every `Host` that is not loopback.
 */
export class HttpServer {
  readonly calls: RecordedCall[] = [];
  readonly faults = new FaultPlan();
  /** The minimum time for every answer, in milliseconds. */
  latencyMs = 0;
  /** Called after each call has been answered. */
  onCall: (call: RecordedCall) => void = () => {};
  /** Answers if no route matches. */
  notFound: HttpHandler = () => ({ status: 404, body: { message: "Not Found" } });
  /** The server's own clock, shown in the `Date` header. */
  now: () => Date = () => new Date();
  /** Headers of every answer. */
  commonHeaders: Record<string, string> = {};
  /** Awaited before each answer, because the changes of the call must be on the disk by then. */
  stored: () => Promise<void> = () => Promise.resolve();
  /** Runs before the route, for authentication and rate limits. If it returns an answer, the route is skipped. */
  before: (request: HttpRequest) => HttpReply | undefined | Promise<HttpReply | undefined> = () => undefined;

  #url = "";
  readonly #routes: Route[] = [];
  readonly #server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      // Not with `new URL`, which would parse `//path` as a host.
      const [path = "/", query = ""] = (incoming.url ?? "/").split(/\?(.*)/s);
      const raw = Buffer.concat(chunks);
      void this.#answer(
        {
          method: incoming.method ?? "GET",
          path,
          params: {},
          query: new URLSearchParams(query),
          headers: incoming.headers,
          raw,
          body: parseBody(raw),
        },
        outgoing,
      );
    });
  });

  /**
   * `pattern` is a path with `:name` for one segment and `*name` at its end for one or more; the first route
   * that matches answers.
   */
  route(method: string, pattern: string, handler: HttpHandler): this {
    const names: string[] = [];
    const source = pattern
      .split("/")
      .map((part) => {
        if (!/^[:*]/.test(part)) return part.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
        names.push(part.slice(1));
        return part.startsWith("*") ? "(.+)" : "([^/]+)";
      })
      .join("/");
    this.#routes.push({ method, pattern: new RegExp(`^${source}$`), names, handler });
    return this;
  }

  /** Makes the next matching calls fail, wait or get lost. Returns this, for chaining. */
  fail(fault: Fault): this {
    this.faults.add(fault);
    return this;
  }

  /** Starts listening; port 0 means any free port. Returns the base URL, without a trailing slash. */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", resolve);
    });
    this.#url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this.#url;
  }

  /** The base URL, without a trailing slash; empty before it listens. */
  get url(): string {
    return this.#url;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: HttpRequest, outgoing: ServerResponse): Promise<void> {
    if (!isLoopbackHost(request.headers.host)) return send(outgoing, { status: 403, body: foreignHost });
    const at = Date.now();
    const fault = this.faults.take(request.method, request.path);
    const wait = Math.max(this.latencyMs, fault?.delayMs ?? 0);
    // A request that is still delayed when the server is closed must not keep the process alive.
    if (wait > 0) await sleep(wait, undefined, { ref: false });
    await fault?.hold?.();

    let reply: HttpReply | undefined;
    if (fault?.status !== undefined) {
      reply = { status: fault.status, body: fault.body ?? { message: "injected fault" } };
      if (fault.headers) reply.headers = fault.headers;
    } else if (fault?.lose !== "request") {
      reply = await this.#dispatch(request);
      await this.stored();
    }

    const lost = fault?.lose !== undefined;
    const call: RecordedCall = {
      at,
      method: request.method,
      path: request.path,
      query: request.query.toString(),
      headers: request.headers,
      body: request.body,
      status: lost || !reply ? "lost" : reply.status,
      reply: isStream(reply?.body) ? "[stream]" : reply?.body,
    };
    this.calls.push(call);
    if (this.calls.length > keptCalls) this.calls.splice(0, keptCalls / 2);
    if (lost || !reply) outgoing.destroy();
    else {
      const date = this.now().toUTCString();
      await send(outgoing, { ...reply, headers: { date, ...this.commonHeaders, ...reply.headers } });
    }
    this.onCall(call);
  }

  async #dispatch(request: HttpRequest): Promise<HttpReply> {
    try {
      const early = await this.before(request);
      if (early) return early;
      for (const route of this.#routes) {
        const match = route.method === request.method ? route.pattern.exec(request.path) : null;
        if (!match) continue;
        route.names.forEach((name, i) => {
          request.params[name] = decodeURIComponent(match[i + 1] ?? "");
        });
        return await route.handler(request);
      }
      return await this.notFound(request);
    } catch (error) {
      return { status: 500, body: { message: `${error}` } };
    }
  }
}

function parseBody(raw: Buffer): unknown {
  if (raw.length === 0) return undefined;
  const text = raw.toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isStream(body: unknown): body is AsyncIterable<string | Buffer> {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}

async function send(outgoing: ServerResponse, reply: HttpReply): Promise<void> {
  if (isStream(reply.body)) {
    outgoing.writeHead(reply.status, reply.headers);
    // A client may disconnect in the middle of a download.
    await pipeline(Readable.from(reply.body), outgoing).catch(() => {});
    return;
  }
  const isData = typeof reply.body === "string" || Buffer.isBuffer(reply.body);
  const payload = reply.body === undefined ? undefined : isData ? reply.body : JSON.stringify(reply.body);
  outgoing.writeHead(reply.status, {
    ...(payload === undefined || isData ? {} : { "content-type": "application/json; charset=utf-8" }),
    ...reply.headers,
  });
  outgoing.end(payload);
}
