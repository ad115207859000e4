import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import * as z from "zod/mini";
import { HttpServer } from "../../../local/http/http-server.js";
import { metricsIn } from "../../../local/lambda-host/metrics.js";

// In its development mode, Powertools writes to the console, which a test can read.
process.env.POWERTOOLS_DEV = "true";
process.env.POWERTOOLS_METRICS_DISABLED = "false";
process.env.POWERTOOLS_METRICS_NAMESPACE = "relay";
const { CoderClient } = await import("../../../lambdas/coder/client.js");

let coder: HttpServer;
const counted: unknown[] = [];
beforeEach(async () => {
  counted.length = 0;
  jest.spyOn(console, "log").mockImplementation((line) => {
    for (const { name, value, dimensions } of metricsIn(line)) counted.push([name, value, dimensions.Error]);
  });
  coder = new HttpServer();
  coder.notFound = () => ({ status: 200, body: { id: 5 } });
  await coder.listen();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await coder.close();
});

const client = () => new CoderClient(coder.url, "the-token");
const headers = { "x-coder-build-version": "v2.30.0" };

test.each([
  ["CoderForbiddenError", { status: 403, body: { message: "no" }, headers }],
  ["TransientError", { status: 502 }],
  ["NotCoderError", { status: 302 }],
])("a %s is counted under its name", async (name, answer) => {
  coder.fail(answer);
  await expect(client().request("POST", "/api/v2/tasks/me", {})).rejects.toMatchObject({ name });
  expect(counted).toEqual([["CoderErrors", 1, name]]);
});

test("an answer that is not what the API promises is also counted", async () => {
  await expect(client().get("/api/v2/users/me", z.object({ id: z.string() }))).rejects.toThrow("shape");
  expect(counted).toEqual([["CoderErrors", 1, "UnexpectedAnswerError"]]);
});

test("a resource that Coder does not have is not counted, nor is a success", async () => {
  coder.fail({ status: 404, body: { message: "Resource not found" }, headers });
  await expect(client().request("POST", "/api/v2/tasks/me", {})).rejects.toThrow("404");
  await client().request("GET", "/api/v2/users/me");
  expect(counted).toEqual([]);
});
