import { request } from "node:http";
import { CloudWatchClient, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { ListSchedulesCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { ListStateMachinesCommand, SFNClient } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { CloudWatch } from "../../../local/aws/cloudwatch/cloudwatch.js";
import { type LocalDynamoDb, startDynamoDb } from "../../../local/aws/dynamodb/dynamodb.js";
import {
  type Credentials,
  makeCredentials,
  SignatureVerifier,
} from "../../../local/aws/protocol/signature.js";
import { Scheduler } from "../../../local/aws/scheduler/scheduler.js";
import { SecretsManager } from "../../../local/aws/secrets-manager/secrets-manager.js";
import { StepFunctions } from "../../../local/aws/step-functions/step-functions.js";
import { Engine } from "../../../local/engine/index.js";
import { HttpServer } from "../../../local/http/http-server.js";

const credentials = makeCredentials();
const engine = new Engine({ invoke: async () => ({}) });
const stepFunctions = new StepFunctions(engine, credentials);
const scheduler = new Scheduler(engine, { group: "relay", credentials });
const secretsManager = new SecretsManager(credentials);
const cloudWatch = new CloudWatch({ credentials, starts: () => [] });
let dynamoDb: LocalDynamoDb;
beforeAll(async () => {
  secretsManager.put("token", "hush");
  dynamoDb = await startDynamoDb("relay", credentials);
  const endpoints = [stepFunctions, scheduler, secretsManager, cloudWatch];
  await Promise.all(endpoints.map((endpoint) => endpoint.listen()));
});
afterAll(async () => {
  engine.close();
  const endpoints = [stepFunctions, scheduler, secretsManager, cloudWatch, dynamoDb];
  await Promise.all(endpoints.map((endpoint) => endpoint.close()));
});

interface Options {
  credentials: Credentials & { sessionToken?: string };
  region?: string;
  systemClockOffset?: number;
}

/** One call of each service that returns data. `status` is that of a request with a bad signature. */
const services = [
  {
    service: "Step Functions",
    status: 400,
    url: () => stepFunctions.url,
    target: "AWSStepFunctions.ListStateMachines",
    call: (options: Options) =>
      using(new SFNClient({ ...client(options), endpoint: stepFunctions.url }), (it) =>
        it.send(new ListStateMachinesCommand({})),
      ),
  },
  {
    service: "Scheduler",
    status: 403,
    url: () => `${scheduler.url}/schedules`,
    target: undefined,
    call: (options: Options) =>
      using(new SchedulerClient({ ...client(options), endpoint: scheduler.url }), (it) =>
        it.send(new ListSchedulesCommand({})),
      ),
  },
  {
    service: "Secrets Manager",
    status: 400,
    url: () => secretsManager.url,
    target: "secretsmanager.GetSecretValue",
    call: (options: Options) =>
      using(new SecretsManagerClient({ ...client(options), endpoint: secretsManager.url }), (it) =>
        it.send(new GetSecretValueCommand({ SecretId: "token" })),
      ),
  },
  {
    service: "CloudWatch",
    status: 400,
    url: () => cloudWatch.url,
    target: "GraniteServiceVersion20100801.GetMetricData",
    call: (options: Options) =>
      using(new CloudWatchClient({ ...client(options), endpoint: cloudWatch.url }), (it) =>
        it.send(
          new GetMetricDataCommand({ StartTime: new Date(0), EndTime: new Date(), MetricDataQueries: [] }),
        ),
      ),
  },
  {
    service: "DynamoDB",
    status: 400,
    url: () => dynamoDb.url,
    target: "DynamoDB_20120810.ListTables",
    call: (options: Options) =>
      using(new DynamoDBClient({ ...client(options), endpoint: dynamoDb.url }), (it) =>
        it.send(new ListTablesCommand({})),
      ),
  },
];

function client(options: Options) {
  return { region: "us-east-1", maxAttempts: 1, ...options };
}

/** Makes a call with a client and closes its connections afterwards. */
async function using<C extends { destroy(): void }, A>(
  client: C,
  call: (client: C) => Promise<A>,
): Promise<A> {
  try {
    return await call(client);
  } finally {
    client.destroy();
  }
}

const hour = 60 * 60 * 1000;

describe.each(services)("$service", ({ status, call, url, target }) => {
  test("answers a client with the credentials", async () => {
    expect((await call({ credentials })).$metadata.httpStatusCode).toBe(200);
  });

  test.each<[string, string, Options]>([
    [
      "another access key",
      "UnrecognizedClientException",
      { credentials: { ...credentials, accessKeyId: "AKIAOTHER" } },
    ],
    [
      "another secret key",
      "InvalidSignatureException",
      { credentials: { ...credentials, secretAccessKey: "other" } },
    ],
    [
      "a session token",
      "UnrecognizedClientException",
      { credentials: { ...credentials, sessionToken: "temporary" } },
    ],
    ["another region", "InvalidSignatureException", { credentials, region: "eu-west-1" }],
    ["a clock an hour behind", "InvalidSignatureException", { credentials, systemClockOffset: -hour }],
    ["a clock an hour ahead", "InvalidSignatureException", { credentials, systemClockOffset: hour }],
  ])("refuses %s with %s", async (_what, name, options) => {
    await expect(call(options)).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } });
  });

  test("accepts a clock that is ten minutes off", async () => {
    await call({ credentials, systemClockOffset: -hour / 6 });
    await call({ credentials, systemClockOffset: hour / 6 });
  });

  test("refuses a request that is not signed", async () => {
    const reply = await unsigned(url(), target);
    expect(reply.status).toBe(status);
    expect(await reply.text()).toContain("Request is missing Authentication Token");
  });

  test.each(["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "[::2]"])(
    "refuses the Host %s before anything else",
    async (host) => {
      const reply = await get(url(), host);
      expect([reply.status, reply.body]).toEqual([403, expect.stringContaining("Host")]);
    },
  );
});

/** A request that a web page could send if browsers did not set `Host` themselves. */
function unsigned(url: string, target: string | undefined): Promise<Response> {
  return fetch(url, {
    ...(target === undefined ? {} : { method: "POST", body: '{"SecretId":"token"}' }),
    headers: { "content-type": "application/x-amz-json-1.0", ...(target && { "x-amz-target": target }) },
  });
}

function get(url: string, host: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { headers: { host } }, (incoming) => {
      let body = "";
      incoming.on("data", (chunk) => {
        body += chunk;
      });
      incoming.on("end", () => resolve({ status: incoming.statusCode, body }));
    });
    outgoing.on("error", reject).end();
  });
}

test("the local GitHub, Coder and AWS accept only loopback host names", async () => {
  const server = new HttpServer().route("GET", "/", () => ({ status: 200, body: "hello" }));
  const { port } = new URL(await server.listen());
  const url = `http://127.0.0.1:${port}/`;
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, "LOCALHOST"]) {
    expect((await get(url, host)).status).toBe(200);
  }
  for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1@evil.example", "127.1.evil"]) {
    expect((await get(url, host)).status).toBe(403);
  }
  await server.close();
});

describe("a signature", () => {
  const authorization = (parts: Record<string, string> = {}) => {
    const all = {
      Credential: `${credentials.accessKeyId}/${day()}/us-east-1/states/aws4_request`,
      SignedHeaders: "host;x-amz-date",
      Signature: "0".repeat(64),
      ...parts,
    };
    const parameters = Object.entries(all).filter(([, value]) => value !== "");
    return `AWS4-HMAC-SHA256 ${parameters.map(([name, value]) => `${name}=${value}`).join(", ")}`;
  };
  const now = () => new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const day = () => now().slice(0, 8);
  const refusal = (headers: Record<string, string>) =>
    new SignatureVerifier("states", credentials).refusal({
      method: "POST",
      path: "/",
      query: new URLSearchParams(),
      headers: { host: "127.0.0.1", "x-amz-date": now(), ...headers },
      raw: Buffer.from("{}"),
    });

  test.each([
    ["Bearer token", {}, "MissingAuthenticationTokenException"],
    ["no signature", { Signature: "" }, "IncompleteSignatureException"],
    ["a short credential", { Credential: "a/b/c/d" }, "IncompleteSignatureException"],
    ["a host that is not signed", { SignedHeaders: "x-amz-date" }, "InvalidSignatureException"],
    [
      "another service",
      { Credential: `${credentials.accessKeyId}/${day()}/us-east-1/s3/aws4_request` },
      "InvalidSignatureException",
    ],
    [
      "another day",
      { Credential: `${credentials.accessKeyId}/20010101/us-east-1/states/aws4_request` },
      "InvalidSignatureException",
    ],
    ["a guess", {}, "InvalidSignatureException"],
  ])("with %s is refused", async (what, parts, name) => {
    const header = what === "Bearer token" ? "Bearer token" : authorization(parts);
    expect(await refusal({ authorization: header })).toMatchObject({ name });
  });

  test("with an invalid date, or over a missing header, is refused", async () => {
    expect(await refusal({ authorization: authorization(), "x-amz-date": "today" })).toMatchObject({
      name: "IncompleteSignatureException",
      message: expect.stringContaining("ISO-8601"),
    });
    const absent = authorization({ SignedHeaders: "host;x-amz-date;x-amz-target" });
    expect(await refusal({ authorization: absent })).toMatchObject({ name: "InvalidSignatureException" });
  });

  test("is valid for only one body", async () => {
    const sent: { headers: Record<string, string>; body: string }[] = [];
    const recorder = new HttpServer().route("POST", "/", ({ headers, raw }) => {
      sent.push({ headers: headers as Record<string, string>, body: raw.toString() });
      return { status: 200, body: { SecretString: "" } };
    });
    const endpoint = await recorder.listen();
    const options = { ...client({ credentials }), endpoint };
    await using(new SecretsManagerClient(options), (it) => {
      return it.send(new GetSecretValueCommand({ SecretId: "other" }));
    });
    await recorder.close();
    const [{ headers, body } = { headers: {}, body: "" }] = sent;
    const verifier = new SignatureVerifier("secretsmanager", credentials);
    const signed = { method: "POST", path: "/", query: new URLSearchParams(), headers };
    expect(await verifier.refusal({ ...signed, raw: Buffer.from(body) })).toBeUndefined();
    const invalid = { name: "InvalidSignatureException" };
    const raw = Buffer.from('{"SecretId":"token"}');
    expect(await verifier.refusal({ ...signed, raw })).toMatchObject(invalid);
    // Sending the other body's own hash does not help.
    const withHash = { ...headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
    expect(await verifier.refusal({ ...signed, headers: withHash, raw })).toMatchObject(invalid);
  });
});

test("credentials are new at each start", () => {
  expect(makeCredentials()).not.toEqual(makeCredentials());
});
