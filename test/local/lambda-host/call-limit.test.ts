import { expect, test } from "@jest/globals";
import { CallLimit } from "../../../local/lambda-host/call-limit.js";

const patienceMs = 100_000;

test("new calls wait while too many are open, and are admitted one by one", async () => {
  const limit = new CallLimit(1);
  const ends: (() => void)[] = [];
  const call = () => limit.count(new Promise<void>((resolve) => ends.push(resolve)));
  await limit.room(patienceMs);
  const first = call();

  const order: string[] = [];
  const enter = async (name: string) => {
    await limit.room(patienceMs);
    order.push(name);
    return call();
  };
  const second = enter("second");
  const third = enter("third");
  await Promise.resolve();
  expect(order).toEqual([]);
  ends[0]?.();
  await first;
  while (ends.length < 2) await Promise.resolve();
  expect(order).toEqual(["second"]);
  ends[1]?.();
  await second;
  while (ends.length < 3) await Promise.resolve();
  expect(order).toEqual(["second", "third"]);
  ends[2]?.();
  await third;
});

test("a call that fails makes room too", async () => {
  const limit = new CallLimit(1);
  await expect(limit.count(Promise.reject(new Error("no")))).rejects.toThrow("no");
  await limit.room(patienceMs);
});

test("a new call is admitted after its patience, even if others are still open", async () => {
  const limit = new CallLimit(1);
  let end = () => {};
  const open = limit.count(new Promise<void>((resolve) => (end = resolve)));
  await limit.room(1);
  end();
  await open;
});
