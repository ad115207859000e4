import { isUtf8 } from "node:buffer";
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { z } from "zod";

export interface HttpApiOptions {
  /** The Lambda behind the API. */
  invoke: (event: APIGatewayProxyEventV2) => Promise<unknown>;
  /** Default: any free port. */
  port?: number;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const maxBodyBytes = 10 * 1024 * 1024;

const LambdaReply = z.object({
  statusCode: z.coerce.number().int().min(100).max(599),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  cookies: z.array(z.string()).optional(),
  body: z.string().optional(),
  isBase64Encoded: z.boolean().optional(),
});
type LambdaReply = z.infer<typeof LambdaReply>;

/**
 * An HTTP server that acts like an API Gateway HTTP API with one `$default` route: every request becomes an
 * event in payload format 2.0 for one Lambda.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export class HttpApi {
  readonly #invoke: HttpApiOptions["invoke"];
  readonly #server = createServer((request, response) => this.#receive(request, response));

  private constructor(invoke: HttpApiOptions["invoke"]) {
    this.#invoke = invoke;
  }

  /** Listens on loopback only. Accepts every `Host`, because a tunnel in front forwards its own. */
  static async start({ invoke, port = 0 }: HttpApiOptions): Promise<HttpApi> {
    const api = new HttpApi(invoke);
    await new Promise<void>((resolve, reject) => {
      api.#server.once("error", reject);
      api.#server.listen(port, "127.0.0.1", resolve);
    });
    return api;
  }

  /** Without a trailing slash. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      // A body that is too large is still read to its end: a client that is still sending sees no answer.
      if (bytes <= maxBodyBytes) chunks.push(chunk);
    });
    request.on("end", () => {
      if (bytes > maxBodyBytes) send(response, tooLarge);
      else void this.#answer(request, Buffer.concat(chunks), response);
    });
  }

  async #answer(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    let reply: LambdaReply;
    try {
      reply = toReply(await this.#invoke(toEvent(request, body)));
    } catch (error) {
      // The Lambda's error stays in its log; API Gateway does not show it to the client.
      const isTooLarge = error instanceof Error && error.name === "Lambda.RequestTooLargeException";
      reply = isTooLarge ? tooLarge : failure(500, "Internal Server Error");
    }
    send(response, reply);
  }
}

function toEvent(request: IncomingMessage, body: Buffer): APIGatewayProxyEventV2 {
  const target = request.url ?? "/";
  const queryAt = target.indexOf("?");
  const rawPath = queryAt < 0 ? target : target.slice(0, queryAt);
  const rawQueryString = queryAt < 0 ? "" : target.slice(queryAt + 1);
  const { cookie, ...headers } = flatHeaders(request);
  // API Gateway reports the scheme of the request; a tunnel in front of this server has already set it.
  headers["x-forwarded-proto"] ??= "http";
  const now = new Date();
  const isText = isTextBody(headers["content-type"], body);
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath,
    rawQueryString,
    ...(cookie === undefined ? {} : { cookies: cookie.split(/;\s*/) }),
    headers,
    ...(rawQueryString === "" ? {} : { queryStringParameters: queryParameters(rawQueryString) }),
    requestContext: {
      accountId: "000000000000",
      apiId: "local",
      domainName: headers.host ?? "localhost",
      domainPrefix: "local",
      http: {
        method: request.method ?? "GET",
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? "127.0.0.1",
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: randomUUID(),
      routeKey: "$default",
      stage: "$default",
      time: now.toISOString(),
      timeEpoch: now.getTime(),
    },
    ...(body.length === 0 ? {} : { body: body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** Format 2.0 has one string for each header and joins repeated headers with commas. */
function flatHeaders(request: IncomingMessage): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(",") : value;
  }
  return flat;
}

function queryParameters(rawQueryString: string): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    joined[name] = name in joined ? `${joined[name]},${value}` : value;
  }
  return joined;
}

/**
 * API Gateway passes `text/*`, JSON, XML and JavaScript as text and everything else (forms too) as base64.
 * Bytes that are not UTF-8 cannot be text in a JSON event.
 */
function isTextBody(contentType: string | undefined, body: Buffer): boolean {
  const type = contentType?.split(";")[0]?.trim().toLowerCase() ?? "text/plain";
  return /^(text\/.*|application\/(json|xml|javascript))$/.test(type) && isUtf8(body);
}

/** A result without `statusCode` is the body of a 200, as in format 2.0. */
function toReply(result: unknown): LambdaReply {
  const isReply = typeof result === "object" && result !== null && "statusCode" in result;
  if (isReply) return LambdaReply.parse(result);
  return { statusCode: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(result) };
}

function failure(statusCode: number, message: string): LambdaReply {
  return {
    statusCode,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ message }),
  };
}

/** The answer if a body exceeds API Gateway's limit or its event exceeds Lambda's. */
const tooLarge = failure(413, "Request Entity Too Large");

function send(response: ServerResponse, reply: LambdaReply): void {
  const payload = Buffer.from(reply.body ?? "", reply.isBase64Encoded ? "base64" : "utf8");
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(reply.headers ?? {}))
    headers[name.toLowerCase()] = String(value);
  if (payload.length > 0) headers["content-type"] ??= "text/plain; charset=utf-8";
  if (reply.cookies) headers["set-cookie"] = reply.cookies;
  headers["content-length"] = String(payload.length);
  response.writeHead(reply.statusCode, headers);
  response.end(payload);
}
