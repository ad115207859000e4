import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { actions } from "../../../infra/definition/actions.js";
import type { withLease } from "../../../lambdas/aws/lease.js";
import { checkLease, schedulesLease } from "../../../lambdas/config/leases.js";
import type { LocalDynamoDb } from "../../../local/aws/dynamodb/dynamodb.js";
import { startTable } from "../table.js";

const realNow = Date.now;
let dynamoDb: LocalDynamoDb;
let hold: typeof withLease;
let repositoryId = 0;
beforeAll(async () => {
  dynamoDb = await startTable("leases");
  ({ withLease: hold } = await import("../../../lambdas/aws/lease.js"));
});
afterAll(async () => {
  Date.now = realNow;
  await dynamoDb.close();
});

function newKey() {
  repositoryId += 1;
  return schedulesLease(repositoryId);
}

test("one of many concurrent callers gets the lease; the others get a TaskBusyError", async () => {
  const key = newKey();
  const busy = { name: "TaskBusyError" };
  await hold(key, async () => {
    const others = Array.from({ length: 5 }, () => hold(key, async () => "mixed"));
    expect(await Promise.allSettled(others)).toEqual(
      others.map(() => ({ status: "rejected", reason: expect.objectContaining(busy) })),
    );
  });
  expect(await hold(key, async () => "next")).toBe("next");
});

test("a function that throws releases the lease, and its error is passed on", async () => {
  const key = newKey();
  const work = hold(key, async () => {
    throw new Error("it went wrong");
  });
  await expect(work).rejects.toThrow("it went wrong");
  expect(await hold(key, async () => "next")).toBe("next");
});

test("a crashed holder's lease lasts until its Lambda must have ended; the old holder cannot release it later", async () => {
  const key = newKey();
  const longest = Math.max(
    actions["sync-schedules"].timeoutSeconds,
    actions["sync-installation"].timeoutSeconds,
  );
  await hold(key, async () => {
    Date.now = () => realNow() + longest * 1000;
    await expect(hold(key, async () => "too soon")).rejects.toMatchObject({
      name: "TaskBusyError",
    });
    Date.now = () => realNow() + 300_000;
    await hold(key, async () => {
      Date.now = realNow;
    });
  });
  expect(await hold(key, async () => "next")).toBe("next");
});

test("the leases of two repositories, and of two commits, are independent", async () => {
  const key = newKey();
  const [one, two] = [checkLease(repositoryId, "a"), checkLease(repositoryId, "b")];
  const nested = hold(key, () => hold(newKey(), () => hold(one, () => hold(two, async () => "all"))));
  expect(await nested).toBe("all");
});
