import { PassThrough } from "node:stream";
import { expect, test } from "@jest/globals";
import { Terminal } from "../../cli/frame/terminal.js";
import { ping } from "../../cli/setup/ping.js";
import type { Attempt } from "../../lambdas/github/deliveries.js";

const original: Attempt = {
  id: "1",
  guid: "guid",
  at: 0,
  outcome: "failed",
  code: 502,
  event: "ping",
  action: "",
  isInstallations: false,
};

/** Deliveries whose ping gets these codes, one each time it is sent. */
function answered(codes: number[]) {
  const left = [...codes];
  return {
    findPing: async () => (codes.length === 0 ? undefined : original),
    sendAgain: async () => {
      const code = left.shift() ?? 0;
      return { code, outcome: code === 200 ? ("accepted" as const) : ("failed" as const) };
    },
  };
}

async function run(codes: number[]) {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const pauses: number[] = [];
  let aligned = 0;
  const done = ping(new Terminal(streams, { json: false, env: {} }), {
    deliveries: answered(codes),
    alignSecrets: async () => void aligned++,
    pause: async (ms) => void pauses.push(ms),
  });
  return { result: await done.catch((error: Error) => error.message), pauses, aligned };
}

test("a ping that arrives proves the webhook", async () => {
  expect(await run([200])).toEqual({ result: true, pauses: [], aligned: 0 });
});

test("after a refused signature, setup makes the secrets equal and waits until the relay has read them", async () => {
  const { result, pauses, aligned } = await run([401, 401, 200]);
  expect({ result, aligned }).toEqual({ result: true, aligned: 1 });
  expect(pauses).toEqual([20_000, 25_000]);
});

test("if the signature is still refused, setup ends and says what to do", async () => {
  const { result, pauses } = await run([401, 401, 401, 401]);
  expect(result).toMatch(/rejects GitHub's signature.*Wait five minutes/);
  expect(pauses.reduce((a, b) => a + b)).toBeGreaterThan(60_000);
});

test.each([
  [404, /is not the stack's output WebhookUrl/],
  [415, /content type/],
  [503, /can't read the webhook's secret/],
  [0, /can't reach the webhook's URL/],
])("an answer %d is explained", async (code, message) => {
  expect((await run([code])).result).toMatch(message);
});

test("without a ping, the webhook is not proved", async () => {
  expect((await run([])).result).toBe(false);
});
