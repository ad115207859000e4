import { expect, test } from "@jest/globals";
import { CallLimit } from "../../../local/lambda-host/call-limit.js";

const patienceMs = 100_000;

/** Calls that run until `end`, and a list of those that have started. */
function calls(limit: CallLimit) {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (name: string) => () => {
    started.push(name);
    return new Promise<void>((resolve) => ends.set(name, resolve));
  };
  return {
    started,
    call: (name: string) => limit.call(run(name)),
    deliver: (name: string, patience = patienceMs) => limit.deliver(run(name), patience),
    /** Ends a call, and waits until the next one has started in its place. */
    async end(name: string) {
      ends.get(name)?.();
      await new Promise(setImmediate);
    },
  };
}

test("no more calls than the limit run at once, and calls of flows go before deliveries, each in order", async () => {
  const { started, call, deliver, end } = calls(new CallLimit(2));
  const all = [
    call("flow 1"),
    deliver("delivery 1"),
    deliver("delivery 2"),
    call("flow 2"),
    deliver("delivery 3"),
    call("flow 3"),
  ];
  const order = ["flow 1", "delivery 1", "flow 2", "flow 3", "delivery 2", "delivery 3"];
  expect(started).toEqual(order.slice(0, 2));
  for (const [i, name] of order.entries()) {
    await end(name);
    expect(started).toEqual(order.slice(0, i + 3));
  }
  await Promise.all(all);
});

test("a call that fails also makes room", async () => {
  const limit = new CallLimit(1);
  await expect(limit.call(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await expect(limit.call(async () => "yes")).resolves.toBe("yes");
});

test("a delivery runs after its patience, even if there is no room", async () => {
  const limit = new CallLimit(1);
  let end = () => {};
  const running = limit.call(() => new Promise<void>((resolve) => (end = resolve)));
  await expect(limit.deliver(async () => "accepted", 1)).resolves.toBe("accepted");
  end();
  await running;
});
