import { PassThrough } from "node:stream";
import { expect, test } from "@jest/globals";
import { Terminal } from "../../cli/frame/terminal.js";
import type { GitHubApp, HookDelivery } from "../../cli/operations/github-app.js";
import { ping } from "../../cli/setup/ping.js";

const delivery = (id: number, status_code: number, event = "ping"): HookDelivery => ({
  id: `${id}`,
  guid: "guid",
  event,
  delivered_at: "2026-05-01T12:00:00Z",
  redelivery: id > 1,
  status: status_code === 200 ? "OK" : `Invalid HTTP Response: ${status_code}`,
  status_code,
});

/** An App whose ping is answered with these codes, one each time that it is sent again. */
function appAnswered(codes: number[], first: HookDelivery[] = [delivery(1, 502)]) {
  const list = [...first];
  const left = [...codes];
  return {
    deliveries: async () => list,
    redeliver: async () => void list.unshift(delivery(list.length + 1, left.shift() ?? 0)),
  } as unknown as GitHubApp;
}

async function run(app: GitHubApp) {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const pauses: number[] = [];
  let aligned = 0;
  const done = ping(new Terminal(streams, { json: false, env: {} }), app, {
    alignSecrets: async () => void aligned++,
    pause: async (ms) => void pauses.push(ms),
  });
  return { result: await done.catch((error: Error) => error.message), pauses, aligned };
}

test("a ping that arrives proves the webhook", async () => {
  expect(await run(appAnswered([200]))).toEqual({ result: true, pauses: [], aligned: 0 });
});

test("a refused signature makes the secrets equal, and waits until the relay reads them", async () => {
  const { result, pauses, aligned } = await run(appAnswered([401, 401, 200]));
  expect({ result, aligned }).toEqual({ result: true, aligned: 1 });
  expect(pauses).toEqual([20_000, 25_000]);
});

test("a signature that stays refused ends with what to do", async () => {
  const { result, pauses } = await run(appAnswered([401, 401, 401, 401]));
  expect(result).toMatch(/refuses GitHub's signature.*Wait five minutes/);
  expect(pauses.reduce((a, b) => a + b)).toBeGreaterThan(60_000);
});

test.each([
  [404, /is not the stack's output WebhookUrl/],
  [415, /content type/],
  [503, /can't read the webhook's secret/],
  [0, /can't reach the webhook's URL/],
])("an answer %d is explained", async (code, message) => {
  expect((await run(appAnswered([code]))).result).toMatch(message);
});

test("without a ping, the webhook is not proven", async () => {
  expect((await run(appAnswered([], [delivery(1, 200, "issues")]))).result).toBe(false);
});
