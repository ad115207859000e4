import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Input } from "../../../lambdas/inbox/message/input.js";
import { messageBytes } from "../../../lambdas/inbox/message/limits.js";
import type { NewInput } from "../../../lambdas/inbox/stored-input.js";
import { type LocalDynamoDb, startDynamoDb } from "../../../local/aws/dynamodb/dynamodb.js";
import { StepFunctions } from "../../../local/aws/step-functions/step-functions.js";
import { Engine } from "../../../local/engine/index.js";

/* How many items of the table the inbox reads. The number doesn't depend on the machine. */

const drainFlow = "arn:aws:states:us-east-1:000000000000:stateMachine:drain-inbox";
/** Items read since the start of the test. A request that finds none counts as one, as DynamoDB charges it. */
let read = 0;
/** Requests that write, since the start of the test. */
let writes = 0;
let dynamoDb: LocalDynamoDb;
let engine: Engine;
let stepFunctions: StepFunctions;
let inboxes: Awaited<ReturnType<typeof importInboxes>>;
let works = 0;

async function importInboxes() {
  const { Inbox } = await import("../../../lambdas/inbox/inbox.js");
  const { wakeDrain } = await import("../../../lambdas/inbox/waking.js");
  const { chooseMessage } = await import("../../../lambdas/inbox/next-message.js");
  return { Inbox, wakeDrain, chooseMessage };
}

beforeAll(async () => {
  dynamoDb = await startDynamoDb("inboxes");
  engine = new Engine({ invoke: async () => ({}) });
  const states = { Wait: { Type: "Wait", Seconds: 86_400, End: true } };
  engine.addMachine(drainFlow, JSON.stringify({ StartAt: "Wait", States: states }), { isThorough: false });
  stepFunctions = new StepFunctions(engine);
  dynamoDb.onCall = ({ operation, itemsRead }) => {
    read += itemsRead;
    if (operation === "UpdateItem") writes += 1;
  };
  await stepFunctions.listen();
  Object.assign(process.env, {
    TABLE_NAME: "inboxes",
    GITHUB_APP_SECRET_ARN: "githubApp",
    AGENT_GITHUB_USERNAME: "coder-agent",
    POWERTOOLS_LOG_LEVEL: "SILENT",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_ENDPOINT_URL_SFN: stepFunctions.url,
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
  });
  inboxes = await importInboxes();
});
beforeEach(() => {
  read = 0;
  writes = 0;
});
afterAll(async () => {
  await stepFunctions.close();
  void engine.close();
  await dynamoDb.close();
});

const inputOf = (n: number): NewInput => ({
  identity: `comment#${n}`,
  delivery: `delivery-${n}`,
  version: "1",
  order: `2026-01-01T00:00:00Z#${String(n).padStart(20, "0")}`,
  input: {
    kind: "comment",
    subject: {
      kind: "issue",
      number: 1,
      url: "https://github.com/octo/app/issues/1",
      repository: "octo/app",
    },
    url: `https://github.com/octo/app/issues/1#issuecomment-${n}`,
    at: "2026-01-01T00:00:00Z",
    author: "mona",
    body: `Comment ${n}.`,
  },
});

/** A new inbox, and its operations. */
function newInbox() {
  works += 1;
  const key = { repositoryId: 1, work: `${works}` };
  const task = { backend: "tasks" as const, owner: "mona", name: `gh-app-${works}`, id: "1" };
  // Each wake-up reads the record once by its key.
  const store = {
    get: async () => {
      read += 1;
      return { intent: 1, wanted: true, task };
    },
  };
  const inbox = new inboxes.Inbox(key);
  return {
    inbox,
    wakeFirst: () => inboxes.wakeDrain({ drainFlow, store }, key, { resetsRounds: true }),
    put: async (n: number) => {
      await inbox.put(inputOf(n), { isHuman: true });
      return inboxes.wakeDrain({ drainFlow, store }, key);
    },
    /** Delivers the next message, as a drain does; returns its inputs' identities. */
    deliver: async () => {
      const meta = await inbox.meta.read();
      const chosen = await inboxes.chooseMessage(inbox, { key, source: undefined, pulls: [] }, meta);
      if (typeof chosen === "string" || !chosen.message) return [];
      const { inputs, isAll } = chosen.message;
      const entries = inputs.map(({ identity, delivery, version }) => ({ identity, delivery, version }));
      const batch = { reference: "ref", generation: meta.generation, startedAt: Date.now(), entries };
      await inbox.meta.begin(batch, chosen.meta, { isRepetition: false });
      const hasEnded = await inbox.outcomes.delivered(batch, isAll ? chosen.meta : undefined);
      expect(hasEnded).toBe(isAll);
      return inputs.map(({ identity }) => identity);
    },
  };
}

/** A drain reads the queue in pages. */
const readAhead = 16;

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

test("an inbox resets the CI rounds of a former agent, and writes nothing if there were none", async () => {
  const { inbox, wakeFirst } = newInbox();
  await wakeFirst();
  expect(writes).toBe(0);

  const entries = [{ identity: "failure#1", delivery: "delivery-1", version: "1" }];
  const batch = { reference: "ref", generation: 0, startedAt: Date.now(), entries };
  await inbox.put(inputOf(1), { isHuman: false });
  await inbox.meta.begin(batch, await inbox.meta.read(), { isRepetition: false });
  await inbox.meta.closeBatch(batch, { countsRound: true });
  expect(await inbox.meta.read()).toMatchObject({ failureRounds: 1 });
  await wakeFirst();
  expect(await inbox.meta.read()).toMatchObject({ failureRounds: 0 });
});

describe("an inbox reads", () => {
  test("three items for a put, no matter how many inputs wait", async () => {
    const { put } = newInbox();
    for (const n of numbers(0, 30)) {
      read = 0;
      await put(n);
      expect(read).toBeLessThanOrEqual(3);
    }
  });

  test("each waiting input twice, in the queue and by its key, and meta once for each message", async () => {
    const { put, deliver } = newInbox();
    for (const n of numbers(0, 30)) await put(n);
    read = 0;
    expect(await deliver()).toEqual(numbers(0, 30).map((n) => `comment#${n}`));
    expect(read).toBeLessThanOrEqual(2 * 30 + 1);
  });

  test("only as much as fits into a message, even if the texts are short and everything else is long", async () => {
    const { inbox, deliver } = newInbox();
    const url = `https://github.com/${"a".repeat(950)}`;
    const put = (n: number) => {
      const { input, ...fields } = inputOf(n);
      return inbox.put({ ...fields, input: { ...input, url, path: url } as Input }, { isHuman: true });
    };
    for (const n of numbers(0, 100)) await put(n);
    read = 0;
    const delivered = await deliver();
    expect(delivered.length).toBeGreaterThan(messageBytes / 2200);
    expect(delivered.length).toBeLessThan(messageBytes / 1900);
    expect(read).toBeLessThanOrEqual(2 * (delivered.length + readAhead) + 1);
    expect(await deliver()).toHaveLength(100 - delivered.length);
  });

  test("six items for a comment and its message, no matter how many were delivered before", async () => {
    const { put, deliver } = newInbox();
    for (const n of numbers(0, 40)) await put(n);
    while ((await deliver()).length > 0);
    read = 0;
    await put(40);
    expect(await deliver()).toEqual(["comment#40"]);
    expect(read).toBeLessThanOrEqual(6);
  });

  test("one item for a redelivery, which starts no drain, and two for the wake-up", async () => {
    const { put, deliver } = newInbox();
    await put(0);
    await deliver();
    read = 0;
    expect(await put(0)).toBe("");
    expect(read).toBeLessThanOrEqual(3);
    expect(await deliver()).toEqual([]);
  });
});

describe("a drain that waits for the comments of a review", () => {
  test("ends its wait when the last of them is stored, and not before", async () => {
    const { inbox, put } = newInbox();
    const first = await put(0);
    const meta = await inbox.meta.read();
    const missing = new Set(["comment#1", "comment#2"]);
    expect(await inbox.meta.hold(meta, [7], missing)).toBe(true);
    expect(await put(1)).toBe(first);
    expect(await put(3)).toBe(first);
    const next = await put(2);
    expect(next).toBe(first.replace(/-0$/, "-1"));
    expect(await inbox.meta.read()).toMatchObject({ generation: 1, complete: [7] });
  });

  test("does not start to wait if an input was stored in the meantime", async () => {
    const { inbox, put } = newInbox();
    await put(0);
    const meta = await inbox.meta.read();
    await put(1);
    expect(await inbox.meta.hold(meta, [7], new Set(["comment#1"]))).toBe(false);
  });
});

test("inputs about a pull request are dropped once the task no longer works on it", async () => {
  const { inbox, deliver } = newInbox();
  const about = (n: number, subject: object): NewInput => {
    const { input, ...fields } = inputOf(n);
    return { ...fields, input: { ...input, subject: { ...input.subject, ...subject } } as Input };
  };
  const pull = { kind: "pull", number: 12 };
  await inbox.put(about(1, pull), { isHuman: true });
  await inbox.put(inputOf(2), { isHuman: true });
  await inbox.put(about(3, { ...pull, number: 1 }), { isHuman: true });
  await inbox.put(about(4, { ...pull, repository: "octo/lib" }), { isHuman: true });
  await inbox.dropAbout({ owner: "octo", name: "app", number: 12 });
  expect(await deliver()).toEqual(["comment#2", "comment#3", "comment#4"]);
});
