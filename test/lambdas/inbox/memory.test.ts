import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { BatchWriteCommand, DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ActionName } from "../../../infra/definition/actions.js";
import { type LocalDynamoDb, startDynamoDb } from "../../../local/aws/dynamodb/dynamodb.js";
import { SecretsManager } from "../../../local/aws/secrets-manager/secrets-manager.js";
import { StepFunctions } from "../../../local/aws/step-functions/step-functions.js";
import { Engine } from "../../../local/engine/index.js";
import { FakeCoder } from "../../../local/fake-coder/fake-coder.js";
import { bundles } from "../../bundles.js";

const repositoryId = 4711;
/** 125 MB of text. */
const many = 2000;
const drainFlow = "arn:aws:states:us-east-1:000000000000:stateMachine:drain-inbox";
const TableName = "inboxes";

let dynamoDb: LocalDynamoDb;
let stepFunctions: StepFunctions;
let engine: Engine;
let client: DynamoDBDocumentClient;
let secrets: SecretsManager;
let coder: FakeCoder;

beforeAll(async () => {
  dynamoDb = await startDynamoDb(TableName);
  engine = new Engine({ invoke: () => Promise.reject(new Error("no Lambda")) });
  const states = { Wait: { Type: "Wait", Seconds: 86_400, End: true } };
  engine.addMachine(drainFlow, JSON.stringify({ StartAt: "Wait", States: states }), { isThorough: false });
  stepFunctions = new StepFunctions(engine);
  secrets = new SecretsManager();
  coder = new FakeCoder();
  await Promise.all([stepFunctions.listen(), secrets.listen(), coder.listen()]);
  secrets.put("coderToken", coder.token);
  secrets.put("taskMark", "0123456789abcdef".repeat(4));
  client = DynamoDBDocumentClient.from(
    new DynamoDBClient({
      endpoint: dynamoDb.url,
      region: "us-east-1",
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    }),
  );
});
afterAll(async () => {
  client.destroy();
  await Promise.all([stepFunctions.close(), secrets.close(), coder.close()]);
  void engine.close();
  await dynamoDb.close();
});

/** Stores comments of 64 KiB as an older version without a queue did. All except the last have expired. */
async function fill(work: string, count: number): Promise<void> {
  const body = randomBytes(32 * 1024).toString("hex");
  const inputs = commentsOf(count).map(({ identity, ...common }) => {
    const input = { kind: "comment", body };
    return { sk: `input#${identity}`, state: "waiting", version: "1", input, ...common };
  });
  await putAll(work, inputs);
}

/** Queues all comments of an inbox. */
async function queue(work: string, count: number): Promise<void> {
  const entries = commentsOf(count).map((comment) => {
    const { order, identity } = comment;
    return { sk: `waiting#0#${order}#${identity}`, queuedAt: 0, ...comment };
  });
  await putAll(work, entries);
}

function commentsOf(count: number) {
  const now = Math.floor(Date.now() / 1000);
  return Array.from({ length: count }, (_, index) => {
    const order = String(index).padStart(6, "0");
    const expiresAt = index === count - 1 ? now + 3600 : now - 3600;
    return { identity: `comment#${order}`, order, delivery: `${index}`, expiresAt };
  });
}

async function putAll(work: string, items: object[]): Promise<void> {
  const puts = items.map((item) => ({
    PutRequest: { Item: { pk: `inbox#${repositoryId}#${work}`, ...item } },
  }));
  for (let i = 0; i < puts.length; i += 25) {
    await client.send(new BatchWriteCommand({ RequestItems: { [TableName]: puts.slice(i, i + 25) } }));
  }
}

const put = (Item: object) => client.send(new PutCommand({ TableName, Item }));

/** Calls a Lambda in its own process. */
async function call(name: ActionName, input: unknown): Promise<{ result: unknown; megabytes: number }> {
  const script = fileURLToPath(new URL("./call-a-lambda.mjs", import.meta.url));
  const args = [script, pathToFileURL(bundles[name]).href, JSON.stringify(input)];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: {
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "local",
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
      AWS_ENDPOINT_URL_SFN: stepFunctions.url,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      TABLE_NAME: TableName,
      DRAIN_INBOX_FLOW_ARN: drainFlow,
      GITHUB_APP_SECRET_ARN: "none",
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      CODER_TOKEN_SECRET_ARN: "coderToken",
      TASK_MARK_SECRET_ARN: "taskMark",
      AGENT_GITHUB_USERNAME: "coder-agent",
      CODER_URL: coder.url,
      POWERTOOLS_LOG_LEVEL: "SILENT",
      POWERTOOLS_METRICS_DISABLED: "true",
    },
  });
  return JSON.parse(stdout);
}

/** The peak memory of waking and reading an inbox, in MB. `counts` are those of its item `meta`. */
async function peakOf(work: string, counts: { stored: number } | { puts: number }): Promise<number> {
  const pk = `inbox#${repositoryId}#${work}`;
  await put({ pk, sk: "meta", generation: 0, sendings: 0, ...counts });
  const woken = await call("wake-drain", { key: { repositoryId, work } });
  expect(woken.result).toEqual({ drain: `drain-${repositoryId}-${work}-0` });
  const read = await call("send-inbox", { drain: { repositoryId, work, generation: 0 } });
  // An input is waiting, but its task is gone.
  expect(read.result).toMatchObject({ outcome: "gone" });
  return Math.max(woken.megabytes, read.megabytes);
}

describe("an inbox with 2,000 comments of 64 KiB is woken, and read, with at most 32 MB more than one with a single comment", () => {
  const inboxes: [work: string, count: number][] = [
    ["142", 1],
    ["42", many],
  ];
  beforeAll(async () => {
    for (const [work, count] of inboxes) {
      await fill(work, count);
      const task = { backend: "tasks", owner: "mona", name: "gh-app-1", id: "1" };
      await put({ pk: `task#${repositoryId}#${work}`, sk: "record", intent: 1, wanted: true, task });
    }
  });

  // Before its comments are queued.
  test("if an older version without a queue stored it", async () => {
    const [single = 0, filled] = await peaks((count) => ({ puts: count }));
    expect(filled).toBeLessThan(single + 32);
  });

  test("in the queue", async () => {
    for (const [work, count] of inboxes) await queue(work, count);
    const [single = 0, filled] = await peaks((count) => ({ stored: count }));
    expect(filled).toBeLessThan(single + 32);
  });

  async function peaks(
    countsOf: (count: number) => { stored: number } | { puts: number },
  ): Promise<number[]> {
    const found: number[] = [];
    for (const [work, count] of inboxes) found.push(await peakOf(work, countsOf(count)));
    return found;
  }
});
