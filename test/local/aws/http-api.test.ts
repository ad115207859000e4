import { afterEach, expect, test } from "@jest/globals";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { HttpApi } from "../../../local/aws/api-gateway/http-api.mjs";

let api: HttpApi | undefined;
afterEach(async () => {
  await api?.close();
  api = undefined;
});

/** Starts an API in front of a Lambda and returns the events that the Lambda gets. */
async function startApi(answer: (event: APIGatewayProxyEventV2) => unknown = () => ({ statusCode: 204 })) {
  const events: APIGatewayProxyEventV2[] = [];
  api = await HttpApi.start({
    invoke: async (event) => {
      events.push(event);
      return answer(event);
    },
  });
  return { url: api.url, events };
}

test("a request becomes an event in payload format 2.0", async () => {
  const { url, events } = await startApi();
  const before = Date.now();
  await fetch(`${url}/webhooks/git%20hub?a=1&a=2&b=x%20y`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-GitHub-Event": "issues",
      cookie: "k=v; l=w",
      "user-agent": "me",
    },
    body: '{"é":1}',
  });
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject({
    version: "2.0",
    routeKey: "$default",
    rawPath: "/webhooks/git%20hub",
    rawQueryString: "a=1&a=2&b=x%20y",
    queryStringParameters: { a: "1,2", b: "x y" },
    cookies: ["k=v", "l=w"],
    headers: { "x-github-event": "issues", "content-type": "application/json" },
    requestContext: {
      http: {
        method: "POST",
        path: "/webhooks/git%20hub",
        protocol: "HTTP/1.1",
        sourceIp: "127.0.0.1",
        userAgent: "me",
      },
      requestId: expect.stringMatching(/.+/),
    },
    body: '{"é":1}',
    isBase64Encoded: false,
  });
  expect(events[0]?.requestContext.timeEpoch).toBeGreaterThanOrEqual(before);
  expect(events[0]?.headers).not.toHaveProperty("cookie");
});

test.each([
  ["a form", "application/x-www-form-urlencoded", Buffer.from("a=1")],
  ["bytes", "application/octet-stream", Buffer.from("text")],
  ["JSON that is not UTF-8", "application/json", Buffer.from([0x22, 0xff, 0x22])],
])("the body of %s arrives as base64, byte for byte", async (_what, type, body) => {
  const { url, events } = await startApi();
  await fetch(url, { method: "POST", headers: { "content-type": type }, body });
  expect(events[0]).toMatchObject({ isBase64Encoded: true, body: body.toString("base64") });
});

test("the event has the request's scheme, from API Gateway or from a tunnel in front", async () => {
  const { url, events } = await startApi();
  await fetch(url);
  await fetch(url, { headers: { "x-forwarded-proto": "https" } });
  expect(events.map(({ headers }) => headers["x-forwarded-proto"])).toEqual(["http", "https"]);
});

test("a byte order mark survives in a text body", async () => {
  const { url, events } = await startApi();
  const body = Buffer.from("\ufeff{}");
  await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  expect(Buffer.from(events[0]?.body ?? "")).toEqual(body);
});

test("the event of a request without a body has no body", async () => {
  const { url, events } = await startApi();
  await fetch(`${url}/health`);
  expect(events[0]).not.toHaveProperty("body");
  expect(events[0]?.isBase64Encoded).toBe(false);
});

test("the Lambda's answer is the response", async () => {
  const { url } = await startApi(() => ({
    statusCode: 202,
    headers: { "Content-Type": "application/json", "X-Count": 3 },
    cookies: ["a=1", "b=2"],
    body: '{"ok":true}',
  }));
  const response = await fetch(url);
  expect(response.status).toBe(202);
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(response.headers.get("x-count")).toBe("3");
  expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  expect(await response.json()).toEqual({ ok: true });
});

test("a base64 answer is sent as its bytes", async () => {
  const { url } = await startApi(() => ({ statusCode: 200, isBase64Encoded: true, body: "AP8=" }));
  expect(new Uint8Array(await (await fetch(url)).arrayBuffer())).toEqual(new Uint8Array([0, 255]));
});

test("an answer without a status code is the JSON body of a 200", async () => {
  const { url } = await startApi(() => ({ ok: true }));
  const response = await fetch(url);
  expect([response.status, await response.json()]).toEqual([200, { ok: true }]);
});

test.each([
  [
    "an error",
    () => {
      throw new Error("secret details");
    },
  ],
  ["an invalid answer", () => ({ statusCode: "many" })],
])("%s of the Lambda is a 500 without details", async (_what, answer) => {
  const { url } = await startApi(answer);
  const response = await fetch(url);
  expect([response.status, await response.json()]).toEqual([500, { message: "Internal Server Error" }]);
});

test("a body of 10 MB is accepted; a longer one is a 413 that does not reach the Lambda", async () => {
  const { url, events } = await startApi();
  const send = (bytes: number) => fetch(url, { method: "POST", body: Buffer.alloc(bytes, "x") });
  expect((await send(10 * 1024 * 1024)).status).toBe(204);
  const refused = await send(10 * 1024 * 1024 + 1);
  expect(refused.status).toBe(413);
  await refused.text();
  expect(events).toHaveLength(1);
});

test("an event that is too large for Lambda is also a 413", async () => {
  const { url } = await startApi(() => {
    throw Object.assign(new Error("Request must be smaller"), { name: "Lambda.RequestTooLargeException" });
  });
  const response = await fetch(url, { method: "POST", body: "x" });
  expect([response.status, await response.json()]).toEqual([413, { message: "Request Entity Too Large" }]);
});
