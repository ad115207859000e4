// Plain JavaScript, because the thread of the Lambda that it calls imports it.
import { isUtf8 } from "node:buffer";
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";

/**
 * @import { IncomingMessage, ServerResponse } from "node:http"
 * @import { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda"
 */

/**
 * @typedef {object} HttpApiOptions
 * @property {(event: APIGatewayProxyEventV2) => Promise<unknown>} invoke the Lambda behind the API.
 * @property {number} [port] Default: any free port.
 */

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const maxBodyBytes = 10 * 1024 * 1024;

/**
 * An HTTP server that acts like an API Gateway HTTP API with one `$default` route: every request becomes an
 * event in payload format 2.0 for one Lambda.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export class HttpApi {
  #invoke;
  #server = createServer((request, response) => this.#receive(request, response));
  /** The responses for which the Lambda is still working. @type {Set<ServerResponse>} */
  #open = new Set();

  /** @param {HttpApiOptions["invoke"]} invoke */
  constructor(invoke) {
    this.#invoke = invoke;
  }

  /**
   * Listens on loopback only. Accepts every `Host`, because a tunnel in front forwards its own.
   * @param {HttpApiOptions} options
   */
  static async start({ invoke, port = 0 }) {
    const api = new HttpApi(invoke);
    await new Promise((resolve, reject) => {
      api.#server.once("error", reject);
      api.#server.listen(port, "127.0.0.1", resolve);
    });
    return api;
  }

  /** Without a trailing slash. @returns {string} */
  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Answers all open requests with a 500, because the Lambda dies. */
  fail() {
    for (const response of this.#open) this.#send(response, failed);
  }

  async close() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #receive(request, response) {
    const chunks = [];
    let bytes = 0;
    request.on("data", (chunk) => {
      bytes += chunk.length;
      // A body that is too large is still read to its end, because a client doesn't see the answer while it is sending.
      if (bytes <= maxBodyBytes) chunks.push(chunk);
    });
    request.on("end", () => {
      this.#open.add(response);
      if (bytes > maxBodyBytes) this.#send(response, tooLarge);
      else void this.#answer(request, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks), response);
    });
  }

  async #answer(request, body, response) {
    let reply;
    try {
      reply = replyOf(await this.#invoke(eventOf(request, body)));
    } catch (error) {
      // The Lambda's error stays in its log; API Gateway does not show it to the client.
      reply = error?.name === "Lambda.RequestTooLargeException" ? tooLarge : failed;
    }
    this.#send(response, reply);
  }

  #send(response, reply) {
    // `fail` may have answered it.
    if (!this.#open.delete(response)) return;
    // A string, unlike a Buffer, is sent in one write with the headers.
    const body = reply.isBase64Encoded ? Buffer.from(reply.body ?? "", "base64") : (reply.body ?? "");
    const headers = {};
    for (const [name, value] of Object.entries(reply.headers ?? {}))
      headers[name.toLowerCase()] = String(value);
    if (body.length > 0) headers["content-type"] ??= "text/plain; charset=utf-8";
    if (reply.cookies) headers["set-cookie"] = reply.cookies;
    headers["content-length"] = String(Buffer.byteLength(body));
    response.writeHead(reply.statusCode, headers);
    response.end(body);
  }
}

/**
 * @param {IncomingMessage} request
 * @param {Buffer} body
 * @returns {APIGatewayProxyEventV2}
 */
function eventOf(request, body) {
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

/**
 * Format 2.0 has one string for each header and joins repeated headers with commas.
 * @param {IncomingMessage} request
 */
function flatHeaders(request) {
  const flat = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(",") : value;
  }
  return flat;
}

/** @param {string} rawQueryString */
function queryParameters(rawQueryString) {
  const joined = {};
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    joined[name] = name in joined ? `${joined[name]},${value}` : value;
  }
  return joined;
}

/**
 * API Gateway passes `text/*`, JSON, XML and JavaScript as text, and everything else, including forms, as base64. Bytes
 * that are not UTF-8 cannot be text in a JSON event.
 * @param {string | undefined} contentType
 * @param {Buffer} body
 */
function isTextBody(contentType, body) {
  const type = contentType?.split(";")[0]?.trim().toLowerCase() ?? "text/plain";
  return /^(text\/.*|application\/(json|xml|javascript))$/.test(type) && isUtf8(body);
}

/**
 * A result without `statusCode` is the body of a 200, as in format 2.0. Throws if the result isn't a response.
 * @returns {APIGatewayProxyStructuredResultV2}
 */
function replyOf(result) {
  if (typeof result !== "object" || result === null || !("statusCode" in result)) {
    return reply(200, result);
  }
  const { headers = {}, cookies = [], body = "", isBase64Encoded = false } = result;
  const statusCode = Number(result.statusCode);
  const isResponse =
    Number.isInteger(statusCode) &&
    statusCode >= 100 &&
    statusCode <= 599 &&
    typeof headers === "object" &&
    headers !== null &&
    Object.values(headers).every((value) => ["string", "number", "boolean"].includes(typeof value)) &&
    Array.isArray(cookies) &&
    cookies.every((cookie) => typeof cookie === "string") &&
    typeof body === "string" &&
    typeof isBase64Encoded === "boolean";
  if (!isResponse) throw new TypeError("The result of the Lambda is not a response");
  return { ...result, statusCode };
}

function reply(statusCode, body) {
  return {
    statusCode,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
}

const failed = reply(500, { message: "Internal Server Error" });

/** The answer if a body exceeds API Gateway's limit or its event exceeds Lambda's. */
const tooLarge = reply(413, { message: "Request Entity Too Large" });
