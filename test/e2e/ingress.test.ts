import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { sign } from "@octokit/webhooks-methods";
import { Ajv2020, type SchemaObject } from "ajv/dist/2020.js";
import { parse } from "smol-toml";
import { repoConfigSchema } from "../../lambdas/config/json-schema.js";
import { badSignature } from "../../lambdas/webhook/signature-lines.js";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import { until, World } from "./support.js";

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.close());

/** The headers of a delivery; `undefined` omits one. */
type Headers = Record<string, string | undefined>;

interface Answer {
  status: number;
  body: Record<string, unknown>;
  headers: globalThis.Headers;
}

async function send(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Headers = {},
  secret = world.gitHub.webhookSecret,
): Promise<Answer> {
  const all: Headers = {
    "content-type": "application/json",
    "x-github-event": "issues",
    "x-github-delivery": randomUUID(),
    "x-hub-signature-256": typeof body === "string" ? await sign(secret, body || " ") : undefined,
    ...headers,
  };
  const present = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const response = await fetch(world.system.webhookUrl, { method: "POST", body, headers: present });
  return {
    status: response.status,
    body: (await response.json()) as Answer["body"],
    headers: response.headers,
  };
}

/** A payload of `issues.assigned` to the agent, as GitHub sends it. */
async function assigned(
  changes: (payload: Record<string, Record<string, unknown>>) => void = () => {},
): Promise<string> {
  const issue = await world.openIssue();
  const { payload } = await world.gitHub.assign(issue, {
    by: "mona",
    assignee: world.gitHub.agentLogin,
    deliver: false,
  });
  const copy = structuredClone(payload) as Record<string, Record<string, unknown>>;
  changes(copy);
  return JSON.stringify(copy);
}

describe("a request that GitHub did not sign", () => {
  const refusals: [string, Headers][] = [
    ["has no signature", { "x-hub-signature-256": undefined }],
    ["has a malformed one", { "x-hub-signature-256": "sha256=abc" }],
    ["has a wrong one", { "x-hub-signature-256": `sha256=${"0".repeat(64)}` }],
    ["has the wrong algorithm", { "x-hub-signature-256": "sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709" }],
    [
      "also lacks everything else",
      { "x-hub-signature-256": undefined, "x-github-event": undefined, "x-github-delivery": "no" },
    ],
    [
      "is form-encoded too",
      { "x-hub-signature-256": undefined, "content-type": "application/x-www-form-urlencoded" },
    ],
  ];
  test.each(refusals)("and that %s gets 401 and a constant body", async (_, headers) => {
    const { status, body } = await send("{ not json", headers);
    expect(status).toBe(401);
    expect(body).toEqual({ error: "The signature is missing or wrong." });
  });

  test("leaves the log line that the metric BadSignatures counts", async () => {
    const count = () => world.logs.filter((line) => line.includes(`"error":"${badSignature}"`)).length;
    const before = count();
    await send("{}", { "x-hub-signature-256": undefined });
    await until("the line is there", () => count() > before);
  });

  test("gets 401 even if its body is empty", async () => {
    expect((await send("", { "x-hub-signature-256": `sha256=${"0".repeat(64)}` })).status).toBe(401);
  });
});

describe("a signed request", () => {
  const faults: [string, string, Headers, RegExp][] = [
    ["without an event", "{}", { "x-github-event": undefined }, /X-GitHub-Event/],
    ["without a delivery", "{}", { "x-github-delivery": undefined }, /X-GitHub-Delivery/],
    ["with a malformed delivery", "{}", { "x-github-delivery": "../../etc" }, /X-GitHub-Delivery/],
    ["that is not JSON", "{", {}, /JSON/],
  ];
  test.each(faults)("%s gets 400 that names the fault", async (_, body, headers, message) => {
    const answer = await send(body, headers);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatch(message);
  });

  test("that is not UTF-8 gets 400, even if its signature over the raw bytes is right", async () => {
    const { createHmac } = await import("node:crypto");
    const bytes = Uint8Array.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]);
    const signature = `sha256=${createHmac("sha256", world.gitHub.webhookSecret).update(bytes).digest("hex")}`;
    const answer = await send(bytes, { "x-hub-signature-256": signature });
    expect(answer).toMatchObject({ status: 400, body: { error: expect.stringContaining("UTF-8") } });
  });

  test("that lacks required fields gets 400 with their paths and what was expected, never with values", async () => {
    const body = await assigned((payload) => {
      payload.repository = { ...payload.repository, id: "value-a" };
      payload.issue = { ...payload.issue, number: "value-b" };
    });
    const answer = await send(body);
    expect(answer.status).toBe(400);
    expect(answer.body.faults).toEqual(["repository.id: expected number"]);
    expect(JSON.stringify(answer.body)).not.toContain("value-");
  });

  test("that is form-encoded gets 415 with the remedy", async () => {
    const answer = await send("payload=%7B%7D", { "content-type": "application/x-www-form-urlencoded" });
    expect(answer).toMatchObject({
      status: 415,
      body: { error: expect.stringContaining("application/json") },
    });
  });

  test("ping gets 200", async () => {
    expect((await world.gitHub.ping()).status).toBe(200);
  });

  test("about an event that the relay does not handle gets 200 with the reason", async () => {
    for (const headers of [{ "x-github-event": "star" }, {}]) {
      const answer = await send(JSON.stringify({ action: "created", installation: { id: 1 } }), headers);
      expect(answer.status).toBe(200);
      expect(answer.body.skipped).toEqual(expect.any(String));
    }
    const issue = await world.openIssue();
    const other = await world.gitHub.assign(issue, { by: "mona", assignee: "mona" });
    expect(other.status).toBe(200);
    expect(JSON.parse(other.body)).toHaveProperty("skipped");
  });

  test("starts its flow under a name with the whole GUID, for any repository name", async () => {
    for (const name of ["app", "a.b_c-d", "r".repeat(100), "…"]) {
      const guid = randomUUID();
      const body = await assigned((payload) => {
        payload.repository = { ...payload.repository, name };
      });
      const answer = await send(body, { "x-github-delivery": guid });
      expect(answer.status).toBe(202);
      const execution = String(answer.body.execution);
      expect(execution).toMatch(/^[0-9A-Za-z_-]{1,80}$/);
      expect(execution.endsWith(guid)).toBe(true);
    }
  });

  test("starts its flow with an input below 200 KiB, for any payload", async () => {
    const body = await assigned((payload) => {
      payload.issue = { ...payload.issue, title: "🐙".repeat(300_000), body: "b".repeat(3_000_000) };
    });
    expect((await send(body)).status).toBe(202);
    const inputs = world.executions("create-task").map(({ input }) => Buffer.byteLength(input));
    expect(Math.max(...inputs)).toBeLessThan(200 * 1024);
  });
});

describe("the same delivery again", () => {
  let issue: Issue;
  beforeEach(async () => {
    issue = await world.openIssue();
  });

  test("gets 200 and starts nothing, while the first one runs and once it is over", async () => {
    const first = await world.assign(issue);
    const { execution } = JSON.parse(first.body);
    const before = world.executions("create-task").length;
    for (const _ of ["running", "over"]) {
      const again = await world.gitHub.redeliver(first.guid);
      expect(again.status).toBe(200);
      expect(JSON.parse(again.body)).toEqual({ duplicate: execution });
      await world.idle();
    }
    expect(world.executions("create-task")).toHaveLength(before);
  });

  test("is answered without Step Functions by a container that has accepted it", async () => {
    const first = await world.assign(issue);
    await world.idle();
    const { server } = world.system.stepFunctions;
    const calls = server.calls.length;
    server.fail({ status: 500, body: { __type: "InternalServerError" } });
    expect((await world.gitHub.redeliver(first.guid)).status).toBe(200);
    expect(server.calls.length).toBe(calls);
    server.faults.clear();
  });

  test("has log lines that name its delivery", async () => {
    const { guid, body } = await world.assign(issue);
    const { execution } = JSON.parse(body);
    const lines = () => world.logs.map((line) => JSON.parse(line)).filter((line) => line.delivery === guid);
    const answered = await until("the answer is logged", () =>
      lines().find(({ message }) => message === "Delivery answered"),
    );
    expect(answered).toEqual(
      expect.objectContaining({
        kind: "accepted",
        execution,
        repository: "octo/app",
        issue: issue.number,
        action: "webhook",
        function_request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      }),
    );
    await world.idle();
    expect(lines()).toContainEqual(expect.objectContaining({ action: "claim-work", execution }));
  });

  test("has its own log line, which also names the work", async () => {
    const { guid } = await world.assign(issue);
    const lines = () =>
      world.logs
        .map((line) => JSON.parse(line))
        .filter(({ message, delivery }) => message === "Delivery answered" && delivery === guid);
    await world.gitHub.redeliver(guid);
    const [first, again] = await until("both answers are logged", () =>
      lines().length === 2 ? lines() : undefined,
    );
    const { timestamp, function_request_id, ...same } = first;
    expect(again).toEqual({
      ...same,
      kind: "duplicate",
      timestamp: expect.any(String),
      function_request_id: expect.not.stringMatching(function_request_id),
    });
  });

  test("with another payload and a matching signature is another delivery", async () => {
    const guid = randomUUID();
    const headers = { "x-github-delivery": guid };
    const [first, second] = [await send(await assigned(), headers), await send(await assigned(), headers)];
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body.execution).not.toEqual(first.body.execution);
    await world.idle();
  });
});

describe("Step Functions", () => {
  const failures: [string, number, string][] = [
    ["throttles", 400, "ThrottlingException"],
    ["fails", 500, "InternalServerError"],
  ];
  test.each(failures)("%s: GitHub gets 503, and a redelivery works", async (_, status, type) => {
    world.system.stepFunctions.server.fail({ status, body: { __type: type, message: "" }, times: 2 });
    const issue = await world.openIssue();
    const delivery = await world.assign(issue);
    expect(delivery.status).toBe(503);
    expect((await world.gitHub.redeliver(delivery.guid)).status).toBe(202);
  });
});

describe("the webhook secret", () => {
  test("can be rotated without a restart and without a gap; a third one is not accepted", async () => {
    const other = await World.start();
    try {
      const body = JSON.stringify({ action: "created" });
      const statusWith = async (secret: string) => {
        const signature = await sign(secret, body);
        const headers = {
          "x-github-event": "star",
          "x-github-delivery": randomUUID(),
          "x-hub-signature-256": signature,
        };
        return (await fetch(other.system.webhookUrl, { method: "POST", body, headers })).status;
      };
      const old = other.gitHub.webhookSecret;
      expect(await statusWith(old)).toBe(200);
      other.system.rotate({ webhook: "the-new-secret" });
      expect(await statusWith("the-new-secret")).toBe(200);
      expect(await statusWith(old)).toBe(200);

      const calls = other.system.secretsManager.server.calls.length;
      for (let i = 0; i < 20; i++) expect(await statusWith("a-wrong-one")).toBe(401);
      expect(other.system.secretsManager.server.calls.length).toBe(calls);
    } finally {
      await other.close();
    }
  });
});

describe("the schema of the config file", () => {
  const schemaUrl = () => `${world.system.api.url}/schema.json`;

  test("is served under the URL that is its $id, and may be cached", async () => {
    const response = await fetch(schemaUrl());
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/schema+json");
    expect(response.headers.get("cache-control")).toMatch(/^public, max-age=[1-9][0-9]*$/);
    // The bundle holds a generated copy, which must equal what the source generates.
    expect(await response.json()).toEqual(repoConfigSchema(schemaUrl()));
  });

  test("has the https URL behind a tunnel that ends TLS", async () => {
    const response = await fetch(schemaUrl(), { headers: { "x-forwarded-proto": "https" } });
    const { $id } = (await response.json()) as { $id: string };
    expect($id).toBe(schemaUrl().replace("http:", "https:"));
  });

  test("accepts a file that the relay accepts, and refuses one that it refuses", async () => {
    const schema = (await (await fetch(schemaUrl())).json()) as SchemaObject;
    const isValid = new Ajv2020().compile(schema);
    expect(isValid(parse('[sandbox]\nsize = "large"'))).toBe(true);
    expect(isValid(parse('[sandbox]\nsize = "huge"'))).toBe(false);
  });

  test("is not sent again to a client that has it", async () => {
    const etag = (await fetch(schemaUrl())).headers.get("etag") ?? "";
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const again = await fetch(schemaUrl(), { headers: { "if-none-match": known } });
      expect([again.status, again.headers.get("etag"), await again.text()]).toEqual([304, etag, ""]);
    }
    const other = await fetch(schemaUrl(), { headers: { "if-none-match": '"other"' } });
    expect(other.status).toBe(200);
  });

  test("can be read with HEAD, but with no other method", async () => {
    const head = await fetch(schemaUrl(), { method: "HEAD" });
    expect(head.status).toBe(200);
    expect(head.headers.get("content-type")).toBe("application/schema+json");
    const post = await fetch(schemaUrl(), { method: "POST" });
    expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });
});

describe("other paths and methods", () => {
  test.each([
    ["GET", "/", 404],
    ["POST", "/webhooks", 404],
    ["GET", "/webhooks/github", 405],
    ["PUT", "/webhooks/github", 405],
    ["POST", "/healthz", 405],
    ["GET", "/healthz", 200],
  ])("%s %s → %i", async (method, path, status) => {
    const response = await fetch(world.system.api.url + path, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toContain("application/json");
  });
});
