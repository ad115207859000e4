import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import {
  addDeliveriesToLogContext,
  addToLogContext,
  withLogContext,
} from "../../../lambdas/runtime/log-context.js";

// With this, Powertools writes to the console, which a test can read.
process.env.POWERTOOLS_DEV = "true";
const { log } = await import("../../../lambdas/runtime/log.js");

const lines: Record<string, unknown>[] = [];
beforeEach(() => {
  lines.length = 0;
  jest.spyOn(console, "info").mockImplementation((line) => {
    lines.push(JSON.parse(line));
  });
});
afterEach(() => {
  jest.restoreAllMocks();
});

const repository = { id: 12, owner: "octo", name: "app", private: true };
const lambda = (name: string) => ({ awsRequestId: `request-of-${name}` });
/** The context of a log line that a Lambda with this input writes. */
async function contextWith(input: unknown) {
  await withLogContext("act", async () => log.info("done"))(input, lambda("a"));
  const { level, timestamp, service, message, action, function_request_id, ...context } = lines.pop() ?? {};
  expect([level, service, message, action]).toEqual(["INFO", "coder-task-relay", "done", "act"]);
  expect(function_request_id).toBe("request-of-a");
  expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT/);
  return context;
}

describe("each line contains", () => {
  test("the execution, delivery, repository and issue of the Lambda's input, and nothing else of it", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-8448eb211c80319c-01";
    const event = {
      delivery: "guid",
      traceparent,
      repository,
      issue: { number: 5, title: "secret" },
      body: "secret",
    };
    const execution = "arn:aws:states:us-east-1:000000000000:execution:create-task:create-task-app-5-guid";
    expect(await contextWith({ execution, event, plan: { prompt: "secret" } })).toEqual({
      execution: "create-task-app-5-guid",
      delivery: "guid",
      trace_id: "0af7651916cd43dd8448eb211c80319c",
      repository: "octo/app",
      repositoryId: 12,
      issue: 5,
    });
  });

  test.each(["key", "drain", "follow"])("the work of a %s", async (name) => {
    expect(await contextWith({ [name]: { repositoryId: 12, work: "5", generation: 3 } })).toEqual({
      repositoryId: 12,
      issue: 5,
      work: "5",
    });
    expect(await contextWith({ [name]: { repositoryId: 12, work: "job#nightly" } })).toEqual({
      repositoryId: 12,
      work: "job#nightly",
    });
  });

  test("the same if the input is the whole state of a flow", async () => {
    expect(
      await contextWith({ execution: "name", state: { drain: { repositoryId: 12, work: "5" } } }),
    ).toEqual({
      execution: "name",
      repositoryId: 12,
      issue: 5,
      work: "5",
    });
    expect(await contextWith({ state: { event: { delivery: "guid" } } })).toEqual({ delivery: "guid" });
  });

  test.each([["issue"], ["subject"], ["pull"]])("the number of an event's %s", async (name) => {
    expect(await contextWith({ event: { repository, [name]: { number: 7 } } })).toMatchObject({ issue: 7 });
  });

  test.each([
    [null],
    ["text"],
    [[]],
    [{ event: null }],
    [{ event: { repository: "octo", issue: { number: "5" } } }],
  ])("nothing else if the input is %j", async (input) => expect(await contextWith(input)).toEqual({}));
});

test("a line's own fields override the context", async () => {
  await withLogContext("act", async () => log.info("done", { issue: 6, outcome: "sent" }))(
    { event: { repository, issue: { number: 5 } } },
    lambda("a"),
  );
  expect(lines).toEqual([expect.objectContaining({ issue: 6, repository: "octo/app", outcome: "sent" })]);
});

test("invocations that share a process do not share their context", async () => {
  const open: (() => void)[] = [];
  const running = [0, 1].map((index) =>
    withLogContext("act", async () => {
      await new Promise<void>((resolve) => {
        open[index] = resolve;
      });
      addToLogContext({ event: { delivery: `guid-${index}` } });
      log.info("done");
    })({}, lambda(`${index}`)),
  );
  for (const resolve of open.toReversed()) resolve();
  await Promise.all(running);
  expect(lines).toEqual(
    [1, 0].map((index) =>
      expect.objectContaining({ delivery: `guid-${index}`, function_request_id: `request-of-${index}` }),
    ),
  );
});

test("the deliveries of a message are added to the input's context, with the traces of those that have one", async () => {
  const [one, other] = ["0af76519-16cd-43dd-8448-eb211c80319c", "1bf76519-16cd-43dd-8448-eb211c80319c"];
  await withLogContext("act", async () => {
    addDeliveriesToLogContext([one, other, one, "conflict-0af76519-1bf76519"]);
    log.info("done");
  })({ execution: "drain", drain: { repositoryId: 12, work: "5" } }, lambda("a"));
  expect(lines).toEqual([
    expect.objectContaining({
      execution: "drain",
      work: "5",
      delivery: `${one} ${other} conflict-0af76519-1bf76519`,
      trace_id: `${one} ${other}`.replaceAll("-", ""),
    }),
  ]);
});

test("a line outside an invocation has no context", () => {
  addToLogContext({ event: { delivery: "guid" } });
  log.info("loaded");
  expect(Object.keys(lines[0] ?? {}).sort()).toEqual(["level", "message", "service", "timestamp"]);
});
