import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { TaskStore } from "../../../lambdas/tasks/store.js";
import type { LocalDynamoDb } from "../../../local/aws/dynamodb/dynamodb.js";
import { startTable } from "../table.js";

const realNow = Date.now;
let dynamoDb: LocalDynamoDb;
let store: TaskStore;
let issue = 0;
beforeAll(async () => {
  dynamoDb = await startTable("creation-claims");
  store = new (await import("../../../lambdas/tasks/store.js")).TaskStore();
});
afterAll(async () => {
  Date.now = realNow;
  await dynamoDb.close();
});

/** A new issue's record with intent 1. */
async function newRecord() {
  issue += 1;
  const key = { repositoryId: 1, work: String(issue) };
  await store.update(key, { intent: 1, wanted: true }, { expression: "attribute_not_exists(#intent)" });
  return key;
}

/** Whether a claim succeeds. */
const claims = async (...claim: Parameters<TaskStore["claimCreation"]>) =>
  (await store.claimCreation(...claim)) !== undefined;

test("one of many concurrent claims succeeds, and so does its retry", async () => {
  const key = await newRecord();
  const holders = Array.from({ length: 10 }, (_, i) => `delivery-${i}`);
  const answers = await Promise.all(holders.map((holder) => claims(1, key, holder)));
  expect(answers.filter(Boolean)).toHaveLength(1);
  expect(await claims(1, key, `delivery-${answers.indexOf(true)}`)).toBe(true);
});

test("only its holder can release a claim", async () => {
  const key = await newRecord();
  await claims(1, key, "first");
  await store.releaseCreation(key, "second");
  expect(await claims(1, key, "second")).toBe(false);
  await store.releaseCreation(key, "first");
  expect(await claims(1, key, "second")).toBe(true);
});

test("a first claim notes its task, and claims nothing if the record has a task", async () => {
  const key = await newRecord();
  const task = { backend: "tasks", owner: "mona", name: "gh-app-1" } as const;
  const note = { task, startedBy: "delivery" };
  const claimFirst = (holder: string) => store.claimCreation(1, key, holder, note, { isFirst: true });
  expect(await claimFirst("first")).toMatchObject({ ...note, creating: { holder: "first" } });
  // Its retry has to look for that task first.
  expect(await claimFirst("first")).toBeUndefined();
  await store.releaseCreation(key, "first", { task: undefined });
  expect(await store.get(key)).not.toHaveProperty("creating");
  expect(await claimFirst("second")).toMatchObject(note);
});

test("Coder is searched for a task without a record once an hour, or again by the same delivery", async () => {
  const key = await newRecord();
  const deliveries = Array.from({ length: 10 }, (_, i) => `delivery-${i}`);
  const searches = await Promise.all(deliveries.map((delivery) => store.maySearch(key, delivery, "tell")));
  expect(searches.filter(Boolean)).toHaveLength(1);
  expect(await store.maySearch(key, `delivery-${searches.indexOf(true)}`, "tell")).toBe(true);
  expect(await store.maySearch(await newRecord(), "another", "tell")).toBe(true);
  expect(await store.maySearch(key, "another", "end")).toBe(true);
  Date.now = () => realNow() + 3590_000;
  expect(await store.maySearch(key, "later", "tell")).toBe(false);
  Date.now = () => realNow() + 3601_000;
  expect(await store.maySearch(key, "later", "tell")).toBe(true);
  Date.now = realNow;
});

test("a dead holder's claim expires once its Lambda's time limit has passed", async () => {
  const key = await newRecord();
  await claims(1, key, "first");
  Date.now = () => realNow() + 120_000;
  expect(await claims(1, key, "second")).toBe(false);
  Date.now = () => realNow() + 131_000;
  expect(await claims(1, key, "second")).toBe(true);
  Date.now = realNow;
});

test("an execution that was overtaken cannot claim, but can still release its claim", async () => {
  const key = await newRecord();
  await claims(1, key, "first");
  await store.update(key, { intent: 2 }, { expression: "#intent = :one", values: { one: 1 } });
  expect(await claims(1, key, "first")).toBe(false);
  await store.releaseCreation(key, "first");
  expect(await claims(2, key, "second")).toBe(true);
});
