import { afterEach, describe, expect, test } from "@jest/globals";
import { Engine, type EngineOptions, loadDefinition } from "../../../local/engine/index.js";

type Json = Record<string, unknown>;

const arn = "arn:aws:states:us-east-1:000000000000:stateMachine:flow";
const otherArn = `${arn}-other`;

const open: Engine[] = [];
afterEach(() => {
  for (const engine of open.splice(0)) engine.close();
});

function engineWith(
  states: Json,
  options: Partial<EngineOptions> = {},
  top: Json = {},
  validation = { isThorough: false },
): Engine {
  const engine = new Engine({ invoke: async (_name, payload) => payload, timeScale: 0, ...options });
  open.push(engine);
  engine.addMachine(
    arn,
    JSON.stringify({ StartAt: Object.keys(states)[0], States: states, ...top }),
    validation,
  );
  return engine;
}

function call(functionName: string, rest: Json = {}): Json {
  return {
    Type: "Task",
    Resource: "arn:aws:states:::lambda:invoke",
    Parameters: { FunctionName: functionName, "Payload.$": "$" },
    ResultSelector: { "result.$": "$.Payload" },
    ...("Next" in rest ? {} : { End: true }),
    ...rest,
  };
}

/** Starts `flow` and waits for its end. */
async function run(engine: Engine, input: unknown = {}, name = "run") {
  const { executionArn } = engine.start(arn, name, JSON.stringify(input));
  return engine.finished(executionArn);
}

function types(engine: Engine, executionArn: string): string[] {
  return engine.history(executionArn).map(({ type }) => type);
}

function named(name: string, message = ""): Error {
  return Object.assign(new Error(message), { name });
}

/** A promise and the functions that settle it. */
function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

describe("a flow", () => {
  test("calls a Lambda by its bare name and shows every step in its history", async () => {
    const calls: unknown[] = [];
    const lambda = "arn:aws:lambda:us-east-1:000000000000:function:greet:$LATEST";
    const engine = engineWith(
      { Ask: call(lambda, { Next: "Stop" }), Stop: { Type: "Succeed" } },
      {
        invoke: async (name, payload) => {
          calls.push([name, payload]);
          return { hello: true };
        },
      },
    );

    const ended = await run(engine, { who: "you" });

    expect(calls).toEqual([["greet", { who: "you" }]]);
    expect(ended).toMatchObject({
      status: "SUCCEEDED",
      output: '{"result":{"hello":true}}',
      stateTransitions: 2,
    });
    const events = engine.history(ended.executionArn);
    expect(events.map(({ type }) => type)).toEqual([
      "ExecutionStarted",
      "TaskStateEntered",
      "TaskScheduled",
      "TaskStarted",
      "TaskSucceeded",
      "TaskStateExited",
      "SucceedStateEntered",
      "SucceedStateExited",
      "ExecutionSucceeded",
    ]);
    expect(events.map(({ id, previousEventId }) => [id, previousEventId]).slice(0, 4)).toEqual([
      [1, 0],
      [2, 0],
      [3, 2],
      [4, 3],
    ]);
    expect(events[1]?.stateEnteredEventDetails).toEqual({ name: "Ask", input: '{"who":"you"}' });
    expect(JSON.parse(events[4]?.taskSucceededEventDetails?.output ?? "")).toEqual({
      ExecutedVersion: "$LATEST",
      Payload: { hello: true },
      StatusCode: 200,
    });
  });

  test("runs through choices, passes and waits, and back to an earlier state", async () => {
    let looks = 0;
    const engine = engineWith(
      {
        Look: call("look", { ResultSelector: { "n.$": "$.Payload.n" }, Next: "Ready?" }),
        "Ready?": {
          Type: "Choice",
          Choices: [{ Variable: "$.n", NumericGreaterThanEquals: 3, Next: "Note" }],
          Default: "Wait",
        },
        Wait: { Type: "Wait", Seconds: 30, Next: "Look" },
        Note: { Type: "Pass", Result: false, ResultPath: "$.busy", End: true },
      },
      { invoke: async () => ({ n: ++looks }) },
    );

    const ended = await run(engine);

    expect(ended.output).toBe('{"n":3,"busy":false}');
    expect(types(engine, ended.executionArn)).toEqual(
      expect.arrayContaining([
        "ChoiceStateEntered",
        "WaitStateEntered",
        "WaitStateExited",
        "PassStateExited",
      ]),
    );
    expect(types(engine, ended.executionArn).filter((type) => type === "TaskScheduled")).toHaveLength(3);
    expect(ended.stateTransitions).toBe(9);
  });

  test("a state may be followed by itself", async () => {
    let n = 0;
    const engine = engineWith(
      {
        Retry: call("f", { Catch: [{ ErrorEquals: ["Busy"], ResultPath: null, Next: "Retry" }] }),
      },
      {
        invoke: async () => {
          n += 1;
          if (n < 3) throw named("Busy");
          return n;
        },
      },
    );
    expect((await run(engine)).output).toBe('{"result":3}');
  });

  test("finds its execution and machine in the context object in every type of state", async () => {
    const engine = engineWith({
      First: { Type: "Pass", Result: { changed: true }, Next: "Second" },
      Second: {
        Type: "Pass",
        Parameters: {
          "input.$": "$$.Execution.Input.a",
          "name.$": "$$.Execution.Name",
          "id.$": "$$.Execution.Id",
          "machine.$": "$$.StateMachine.Name",
          "text.$": "States.Format('{}-{}', $$.Execution.Name, $$.Execution.RedriveCount)",
        },
        End: true,
      },
    });
    const ended = await run(engine, { a: 7 });
    expect(JSON.parse(ended.output ?? "")).toEqual({
      input: 7,
      name: "run",
      id: ended.executionArn,
      machine: "flow",
      text: "run-0",
    });
  });

  test("passes each attempt of a Task the number of retries so far", async () => {
    const counts: unknown[] = [];
    const counting = { Parameters: { FunctionName: "f", Payload: { "count.$": "$$.State.RetryCount" } } };
    const engine = engineWith(
      {
        First: call("f", { ...counting, Retry: [{ ErrorEquals: ["Busy"] }], Next: "Second" }),
        Second: call("f", counting),
      },
      {
        invoke: async (_name, payload) => {
          counts.push(payload);
          if (counts.length < 3) throw named("Busy");
        },
      },
    );
    expect((await run(engine)).status).toBe("SUCCEEDED");
    expect(counts).toEqual([0, 1, 2, 0].map((count) => ({ count })));
  });

  test("copies data through JSON: a Lambda cannot change a state's data by reference", async () => {
    const engine = engineWith(
      { Ask: call("f", { ResultPath: "$.got" }) },
      {
        invoke: async (_name, payload) => {
          Object.assign(payload as object, { meddled: true });
          return { at: new Date(0), nothing: undefined, number: Number.NaN };
        },
      },
    );
    const ended = await run(engine, { a: 1 });
    expect(JSON.parse(ended.output ?? "")).toEqual({
      a: 1,
      got: { result: { at: "1970-01-01T00:00:00.000Z", number: null } },
    });
  });

  test.each([null, 0, false, "", []])("a Lambda's result %j passes through", async (result) => {
    const engine = engineWith({ Ask: call("f") }, { invoke: async () => result });
    expect((await run(engine)).output).toBe(JSON.stringify({ result }));
  });

  test("an input that isn't an object passes through waits and passes", async () => {
    const engine = engineWith({
      Wait: { Type: "Wait", Seconds: 1, Next: "Pass" },
      Pass: { Type: "Pass", Next: "Done" },
      Done: { Type: "Succeed" },
    });
    expect((await run(engine, 0)).output).toBe("0");
  });
});

describe("a Lambda's error", () => {
  test("ends the execution with its name, and with Lambda's report as the cause", async () => {
    const engine = engineWith(
      { Ask: call("f") },
      {
        invoke: async () => {
          throw named("TaskBusyError", "it works");
        },
      },
    );
    const ended = await run(engine);
    expect(ended).toMatchObject({ status: "FAILED", error: "TaskBusyError", redriveStatus: "REDRIVABLE" });
    expect(JSON.parse(ended.cause ?? "")).toEqual({
      errorType: "TaskBusyError",
      errorMessage: "it works",
      trace: [],
    });
    expect(types(engine, ended.executionArn).slice(-2)).toEqual(["TaskFailed", "ExecutionFailed"]);
  });

  test("is caught by name, and its cause can be read", async () => {
    const engine = engineWith(
      {
        Ask: call("f", { Catch: [{ ErrorEquals: ["Boom"], ResultPath: "$.error", Next: "Read" }] }),
        Read: { Type: "Pass", Parameters: { "why.$": "States.StringToJson($.error.Cause)" }, End: true },
      },
      {
        invoke: async () => {
          throw named("Boom", "because");
        },
      },
    );
    const ended = await run(engine);
    expect(ended.output).toContain('"errorMessage":"because"');
    expect(types(engine, ended.executionArn)).toContain("TaskStateExited");
  });

  test("is retried, and each retry counts as a transition", async () => {
    let calls = 0;
    const engine = engineWith(
      {
        Ask: call("f", {
          Retry: [
            { ErrorEquals: ["States.ALL"], IntervalSeconds: 60, MaxAttempts: 2, JitterStrategy: "FULL" },
          ],
        }),
      },
      {
        invoke: async () => {
          calls += 1;
          throw named("Boom");
        },
      },
    );
    const ended = await run(engine);
    expect(calls).toBe(3);
    expect(ended.stateTransitions).toBe(3);
    expect(types(engine, ended.executionArn).filter((type) => type === "TaskFailed")).toHaveLength(3);
  });
});

describe("time", () => {
  test.each([
    ["Seconds", { Seconds: 20 }, {}],
    ["SecondsPath", { SecondsPath: "$.n" }, { n: 20 }],
    ["SecondsPath of the context", { SecondsPath: "$$.Execution.Input.n" }, { n: 20 }],
    ["Timestamp", { Timestamp: "1970-01-01T00:00:20Z" }, {}],
    ["TimestampPath", { TimestampPath: "$.t" }, { t: "1970-01-01T00:00:20Z" }],
  ])("a Wait by %s is scaled and passes its input on", async (_how, fields, input) => {
    const engine = engineWith(
      { Wait: { Type: "Wait", ...fields, End: true } },
      { timeScale: 0.005, now: () => 0 },
    );
    const began = performance.now();
    const ended = await run(engine, input);
    expect(performance.now() - began).toBeGreaterThan(95);
    expect(ended.output).toBe(JSON.stringify(input));
    expect(types(engine, ended.executionArn)).toEqual([
      "ExecutionStarted",
      "WaitStateEntered",
      "WaitStateExited",
      "ExecutionSucceeded",
    ]);
  });

  test("a retry's interval and its maximum are scaled", async () => {
    const at: number[] = [];
    const retry = {
      ErrorEquals: ["Boom"],
      IntervalSeconds: 20,
      BackoffRate: 10,
      MaxDelaySeconds: 30,
      MaxAttempts: 2,
    };
    const engine = engineWith(
      { Ask: call("f", { Retry: [retry] }) },
      {
        timeScale: 0.005,
        invoke: async () => {
          at.push(performance.now());
          throw named("Boom");
        },
      },
    );
    await run(engine);
    const [first = 0, second = 0, third = 0] = at;
    expect(second - first).toBeGreaterThan(95);
    expect(third - second).toBeGreaterThan(145);
    expect(third - second).toBeLessThan(900);
  });

  test("a wait that isn't a whole number of seconds fails the run", async () => {
    const engine = engineWith({ Wait: { Type: "Wait", SecondsPath: "$.n", End: true } });
    expect(await run(engine, { n: "soon" })).toMatchObject({ status: "FAILED", error: "States.Runtime" });
  });

  test("a Task's own timeout is not scaled, can be retried, and a late result is ignored", async () => {
    const late = deferred<unknown>();
    let calls = 0;
    const engine = engineWith(
      {
        Ask: call("f", { TimeoutSeconds: 1, Retry: [{ ErrorEquals: ["States.Timeout"], MaxAttempts: 1 }] }),
      },
      { invoke: async () => (++calls === 1 ? late.promise : "second") },
    );
    const ended = await run(engine);
    late.resolve("first");
    expect(ended.output).toBe('{"result":"second"}');
    expect(types(engine, ended.executionArn)).toContain("TaskTimedOut");
    await new Promise(setImmediate);
    expect(types(engine, ended.executionArn).filter((type) => type === "TaskSucceeded")).toHaveLength(1);
  });

  test("a machine's TimeoutSeconds ends it as TIMED_OUT, and a redrive begins a new one", async () => {
    let calls = 0;
    const engine = engineWith(
      { Ask: call("f") },
      { invoke: () => (++calls === 1 ? new Promise(() => {}) : Promise.resolve("now")) },
      { TimeoutSeconds: 1 },
    );
    const ended = await run(engine);
    expect(ended.status).toBe("TIMED_OUT");
    expect(types(engine, ended.executionArn).at(-1)).toBe("ExecutionTimedOut");

    engine.redrive(ended.executionArn);
    expect(await engine.finished(ended.executionArn)).toMatchObject({ status: "SUCCEEDED", redriveCount: 1 });
  });
});

describe("names", () => {
  const forever = { Ask: call("f") };
  const hang = { invoke: () => new Promise<unknown>(() => {}) };

  test("the same name and input return the running execution", () => {
    const engine = engineWith(forever, hang);
    const first = engine.start(arn, "a", "{}");
    expect(engine.start(arn, "a", "{}")).toEqual(first);
    expect(engine.list()).toHaveLength(1);
  });

  test("the name is refused with another input, and after the execution has ended", async () => {
    const engine = engineWith(forever, hang);
    const { executionArn } = engine.start(arn, "a", "{}");
    expect(() => engine.start(arn, "a", '{"b":1}')).toThrow(
      expect.objectContaining({ name: "ExecutionAlreadyExists" }),
    );
    engine.stop(executionArn);
    expect(() => engine.start(arn, "a", "{}")).toThrow(
      expect.objectContaining({ name: "ExecutionAlreadyExists" }),
    );
  });

  test.each(["", "x".repeat(81), "a b", "a/b", "a:b", "a\u0007"])("%j is refused", (name) => {
    const engine = engineWith(forever, hang);
    expect(() => engine.start(arn, name, "{}")).toThrow(expect.objectContaining({ name: "InvalidName" }));
  });

  test("80 characters with umlauts are accepted", () => {
    expect(() => engineWith(forever, hang).start(arn, "ü".repeat(80), "{}")).not.toThrow();
  });

  test("a flow that does not exist is refused", () => {
    expect(() => engineWith(forever).start(otherArn, "a", "{}")).toThrow(
      expect.objectContaining({ name: "StateMachineDoesNotExist" }),
    );
  });
});

describe("sizes", () => {
  const limit = 262_144;

  test("an input is measured in bytes of UTF-8 and must be JSON", () => {
    const engine = engineWith({ Pass: { Type: "Pass", End: true } });
    const refused = expect.objectContaining({ name: "InvalidExecutionInput" });
    expect(() => engine.start(arn, "a", `"${"x".repeat(limit - 2)}"`)).not.toThrow();
    expect(() => engine.start(arn, "b", `"${"x".repeat(limit - 1)}"`)).toThrow(refused);
    expect(() => engine.start(arn, "c", `"${"é".repeat(limit / 2)}"`)).toThrow(refused);
    expect(() => engine.start(arn, "d", "{not json")).toThrow(refused);
  });

  test("a result that is too large fails the run: no Retry and no Catch matches", async () => {
    let calls = 0;
    const everything = { ErrorEquals: ["States.ALL"] };
    const engine = engineWith(
      {
        Ask: call("f", { Retry: [everything], Catch: [{ ...everything, Next: "Rescue" }], Next: "Rescue" }),
        Rescue: { Type: "Pass", End: true },
      },
      {
        invoke: async () => {
          calls += 1;
          return "x".repeat(limit);
        },
      },
    );
    expect(await run(engine)).toMatchObject({ status: "FAILED", error: "States.DataLimitExceeded" });
    expect(calls).toBe(1);
  });

  test("an output that its ResultPath makes too large fails the run before the next state", async () => {
    const calls: string[] = [];
    const engine = engineWith(
      { Grow: call("grow", { ResultPath: "$.more", Next: "Ask" }), Ask: call("ask") },
      {
        invoke: async (name) => {
          calls.push(name);
          return "y".repeat(limit / 2);
        },
      },
    );
    const ended = await run(engine, { had: "x".repeat(limit / 2) });
    expect(ended.error).toBe("States.DataLimitExceeded");
    expect(calls).toEqual(["grow"]);
  });

  test("a history of 25,000 events fails the execution, which cannot be redriven", async () => {
    const states = {
      Again: {
        Type: "Choice",
        Choices: [{ Variable: "$.end", IsPresent: true, Next: "End" }],
        Default: "Wait",
      },
      Wait: { Type: "Wait", Seconds: 1, Next: "Again" },
      End: { Type: "Succeed" },
    };
    const engine = engineWith(states);
    const ended = await run(engine);
    expect(ended).toMatchObject({ status: "FAILED", error: "States.Runtime" });
    expect(ended.cause).toContain("25000");
    expect(engine.history(ended.executionArn)).toHaveLength(25_000);
    expect(() => engine.redrive(ended.executionArn)).toThrow(
      expect.objectContaining({ name: "ExecutionNotRedrivable" }),
    );
  });
});

describe("stopping", () => {
  test("ends the run at once; a later result changes nothing and nothing is retried", async () => {
    const called = deferred<void>();
    const late = deferred<unknown>();
    let calls = 0;
    const engine = engineWith(
      { Ask: call("f", { Retry: [{ ErrorEquals: ["States.ALL"] }], Next: "More" }), More: call("more") },
      {
        invoke: () => {
          calls += 1;
          called.resolve();
          return late.promise;
        },
      },
    );
    const { executionArn } = engine.start(arn, "a", "{}");
    await called.promise;
    const { stopDate } = engine.stop(executionArn, { error: "Enough", cause: "said so" });
    const stopped = engine.describe(executionArn);
    expect(stopped).toMatchObject({ status: "ABORTED", error: "Enough", cause: "said so", stopDate });
    const events = types(engine, executionArn);
    expect(events.at(-1)).toBe("ExecutionAborted");

    late.resolve("late");
    await new Promise(setImmediate);
    expect(types(engine, executionArn)).toEqual(events);
    expect(engine.describe(executionArn)).toEqual(stopped);
    expect(calls).toBe(1);
    expect(engine.stop(executionArn)).toEqual({ stopDate });
  });

  test("ends the wait before a retry", async () => {
    const failed = deferred<void>();
    let calls = 0;
    const engine = engineWith(
      { Ask: call("f", { Retry: [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 3600 }] }) },
      {
        timeScale: 1,
        invoke: async () => {
          calls += 1;
          failed.resolve();
          throw named("Boom");
        },
      },
    );
    const { executionArn } = engine.start(arn, "a", "{}");
    await failed.promise;
    await new Promise(setImmediate);
    engine.stop(executionArn);
    await new Promise(setImmediate);
    expect(calls).toBe(1);
  });
});

describe("a ResultPath that leads into the input", () => {
  const failure = "States.ResultPathMatchFailure";
  const result = { invoke: async () => 1 };

  test.each([
    ["a string", "text", "$.got", 'Unable to apply step "got" to input "text"'],
    ["null inside", { a: null }, "$.a.b", 'Unable to apply step "b" to input null'],
    ["a list", [1], "$.got", 'Unable to apply step "got" to input [1]'],
    ["a number inside", { a: { b: 2 } }, "$.a.b.c", 'Unable to apply step "c" to input 2'],
    ["a list inside", { a: [] }, "$.a.b", 'Unable to apply step "b" to input []'],
  ])("fails the run if it leads into %s", async (_what, input, ResultPath, cause) => {
    for (const state of [call("f", { ResultPath }), { Type: "Pass", ResultPath, End: true }]) {
      const engine = engineWith({ Ask: state }, result);
      expect(await run(engine, input)).toMatchObject({ status: "FAILED", error: failure, cause });
    }
    const engine = engineWith({ Ask: { Type: "Pass", Result: 1, ResultPath, End: true } });
    expect(await run(engine, input)).toMatchObject({ status: "FAILED", error: failure, cause });
  });

  test.each([
    ["a missing field", { a: 1 }, "$.b.c", { a: 1, b: { c: { result: 1 } } }],
    ["an object", { a: { b: 2 } }, "$.a.c", { a: { b: 2, c: { result: 1 } } }],
    ["a number that it replaces", { a: 1 }, "$.a", { a: { result: 1 } }],
  ])("is applied if it leads to %s", async (_what, input, ResultPath, output) => {
    const { output: got } = await run(engineWith({ Ask: call("f", { ResultPath }) }, result), input);
    expect(JSON.parse(got ?? "")).toEqual(output);
  });

  test("fails in a way that the Task can retry and catch, although its work is done", async () => {
    const calls: string[] = [];
    const engine = engineWith(
      {
        Ask: call("f", {
          ResultPath: "$.got",
          Retry: [{ ErrorEquals: [failure], MaxAttempts: 1 }],
          Catch: [{ ErrorEquals: [failure], Next: "Caught" }],
        }),
        Caught: { Type: "Succeed" },
      },
      { invoke: async (name) => calls.push(name), timeScale: 0 },
    );
    const { status, output, executionArn } = await run(engine, "text");
    expect([status, JSON.parse(output ?? "").Error]).toEqual(["SUCCEEDED", failure]);
    expect(calls).toEqual(["f", "f"]);
    expect(types(engine, executionArn)).toContain("TaskSucceeded");
  });

  test.each([
    ["text", "$.error"],
    [{ a: 1 }, "$.a.error"],
  ])("fails the run if it belongs to a Catch: %j has no %s", async (input, ResultPath) => {
    const engine = engineWith(
      {
        Ask: call("f", { Catch: [{ ErrorEquals: ["States.ALL"], ResultPath, Next: "Caught" }] }),
        Caught: { Type: "Succeed" },
      },
      {
        invoke: async () => {
          throw named("Boom");
        },
      },
    );
    expect(await run(engine, input)).toMatchObject({ status: "FAILED", error: failure });
  });
});

describe("a redrive", () => {
  test("is refused 14 days after the end, and a year after the start", async () => {
    const day = 24 * 60 * 60 * 1000;
    let now = Date.now();
    const invoke = async () => {
      throw named("Boom");
    };
    const engine = engineWith({ Ask: call("f") }, { invoke, now: () => now });
    const { executionArn } = await run(engine);
    const redrive = async () => {
      engine.redrive(executionArn);
      await engine.finished(executionArn);
    };
    const refused = (redriveStatusReason: string) => {
      expect(() => engine.redrive(executionArn)).toThrow(
        expect.objectContaining({ name: "ExecutionNotRedrivable", message: redriveStatusReason }),
      );
      expect(engine.describe(executionArn)).toMatchObject({
        redriveStatus: "NOT_REDRIVABLE",
        redriveStatusReason,
      });
    };

    for (let days = 0; days < 364; days += 14) {
      now += 14 * day;
      await redrive();
    }
    now += 14 * day + 1;
    refused("Execution has exceeded the max execution time");

    const other = await run(engine, {}, "other");
    now += 14 * day;
    expect(engine.describe(other.executionArn).redriveStatus).toBe("REDRIVABLE");
    now += 1;
    expect(() => engine.redrive(other.executionArn)).toThrow("Execution redrivable period exceeded");
  });

  test("gets the same answer with the same client token, for 15 minutes and for the last ten tokens", async () => {
    let now = Date.now();
    const invoke = async () => {
      throw named("Boom");
    };
    const engine = engineWith({ Ask: call("f") }, { invoke, now: () => now });
    const { executionArn } = await run(engine);
    const redrive = async (token: string) => {
      now += 1000;
      const { redriveDate } = engine.redrive(executionArn, token);
      await engine.finished(executionArn);
      return redriveDate;
    };
    const count = () => engine.describe(executionArn).redriveCount;

    const first = await redrive("0");
    expect(await redrive("0")).toEqual(first);
    expect(count()).toBe(1);
    for (let n = 1; n < 10; n += 1) await redrive(String(n));
    expect(await redrive("0")).toEqual(first);
    await redrive("10");
    expect(await redrive("0")).not.toEqual(first);
    expect(count()).toBe(12);
    const last = await redrive("10");
    now += 15 * 60 * 1000;
    expect(await redrive("10")).not.toEqual(last);
  });

  test("starts at the state that failed, with its input and fresh retries, in the same history", async () => {
    const calls: string[] = [];
    let broken = true;
    const engine = engineWith(
      {
        First: call("first", { ResultPath: "$.first", Next: "Second" }),
        Second: call("second", {
          Retry: [{ ErrorEquals: ["Boom"], MaxAttempts: 1 }],
          ResultPath: "$.second",
        }),
      },
      {
        invoke: async (name, payload) => {
          calls.push(`${name} ${JSON.stringify(payload)}`);
          if (name === "second" && broken) throw named("Boom");
          return name;
        },
      },
    );
    const failed = await run(engine, {});
    const before = engine.history(failed.executionArn).length;
    calls.length = 0;
    engine.redrive(failed.executionArn);
    expect((await engine.finished(failed.executionArn)).status).toBe("FAILED");
    expect(calls).toHaveLength(2);

    broken = false;
    calls.length = 0;
    const { redriveDate } = engine.redrive(failed.executionArn);
    const ended = await engine.finished(failed.executionArn);

    expect(calls).toEqual(['second {"first":{"result":"first"}}']);
    expect(ended).toMatchObject({ status: "SUCCEEDED", redriveCount: 2, redriveDate, name: "run" });
    expect(ended.startDate).toEqual(failed.startDate);
    expect(ended.error).toBeUndefined();
    const events = engine.history(failed.executionArn);
    expect(events[before]).toMatchObject({
      id: before + 1,
      type: "ExecutionRedriven",
      executionRedrivenEventDetails: { redriveCount: 1 },
    });
  });

  test("of a stopped execution starts at the state that was running", async () => {
    const waiting = deferred<void>();
    const calls: string[] = [];
    const engine = engineWith(
      { First: call("first", { Next: "Second" }), Second: call("second") },
      {
        invoke: (name) => {
          calls.push(name);
          if (calls.length !== 2) return Promise.resolve(name);
          waiting.resolve();
          return new Promise(() => {});
        },
      },
    );
    const { executionArn } = engine.start(arn, "a", "{}");
    await waiting.promise;
    engine.stop(executionArn);
    engine.redrive(executionArn);
    expect((await engine.finished(executionArn)).status).toBe("SUCCEEDED");
    expect(calls).toEqual(["first", "second", "second"]);
  });

  test("is refused while an execution is running and after it has succeeded", async () => {
    const engine = engineWith({ Pass: { Type: "Pass", End: true } });
    const { executionArn } = engine.start(arn, "a", "{}");
    const refused = expect.objectContaining({ name: "ExecutionNotRedrivable" });
    expect(() => engine.redrive(executionArn)).toThrow(refused);
    await engine.finished(executionArn);
    expect(() => engine.redrive(executionArn)).toThrow(refused);
  });

  test("of a Fail state fails again", async () => {
    const engine = engineWith({ No: { Type: "Fail", Error: "Refused", Cause: "no" } });
    const { executionArn } = await run(engine);
    engine.redrive(executionArn);
    expect(await engine.finished(executionArn)).toMatchObject({
      status: "FAILED",
      error: "Refused",
      cause: "no",
    });
  });
});

describe("starting another flow", () => {
  const start = {
    Type: "Task",
    Resource: "arn:aws:states:::states:startExecution",
    Parameters: { StateMachineArn: otherArn, Name: "child", "Input.$": "$" },
    End: true,
  };

  test("returns its ARN without waiting for its end; a taken name is an error that can be caught", async () => {
    const engine = engineWith({ Start: start });
    engine.addMachine(otherArn, JSON.stringify({ StartAt: "P", States: { P: { Type: "Pass", End: true } } }));

    const first = await run(engine, { a: 1 }, "one");
    const { ExecutionArn } = JSON.parse(first.output ?? "");
    expect(await engine.finished(ExecutionArn)).toMatchObject({ name: "child", input: '{"a":1}' });

    const second = await run(engine, { a: 1 }, "two");
    expect(second.error).toBe("StepFunctions.ExecutionAlreadyExistsException");
  });

  test("returns the running execution for the same name and input", async () => {
    const engine = engineWith({ Start: start }, { invoke: () => new Promise(() => {}) });
    engine.addMachine(otherArn, JSON.stringify({ StartAt: "Ask", States: { Ask: call("f") } }));
    const first = await run(engine, { a: 1 }, "one");
    const second = await run(engine, { a: 1 }, "two");
    expect(second.output).toBe(first.output);
  });
});

describe("a listener", () => {
  test("is called for the start, the redrive and each end", async () => {
    const engine = engineWith({ No: { Type: "Fail", Error: "Refused" } });
    const heard: string[] = [];
    const unsubscribe = engine.onStatusChange(({ name, status, error }) =>
      heard.push(`${name} ${status} ${error}`),
    );
    const { executionArn } = await run(engine);
    engine.redrive(executionArn);
    await engine.finished(executionArn);
    unsubscribe();
    await run(engine, {}, "unheard");
    expect(heard).toEqual([
      "run RUNNING undefined",
      "run FAILED Refused",
      "run RUNNING undefined",
      "run FAILED Refused",
    ]);
  });
});

test("closing drops running executions and refuses new ones", async () => {
  const engine = engineWith({ Wait: { Type: "Wait", Seconds: 3600, End: true } }, { timeScale: 1 });
  const { executionArn } = engine.start(arn, "a", "{}");
  const finished = engine.finished(executionArn);
  engine.close();
  await expect(finished).rejects.toThrow("closed");
  expect(() => engine.start(arn, "b", "{}")).toThrow("closed");
});

describe("a definition", () => {
  test("has its placeholders replaced; a placeholder without a value is an error that names it", () => {
    const placeholder = (name: string) => `\${${name}}`;
    const text = JSON.stringify({ a: `${placeholder("One")}-${placeholder("Two")}` });
    expect(loadDefinition(text, { One: "1", Two: 'q"', Three: "" })).toBe('{"a":"1-q\\""}');
    expect(() => loadDefinition(text, { One: "1" })).toThrow(/\$\{Two\}.*One/s);
  });

  test("that is invalid is refused with the machine's name and the faults", () => {
    expect(() => engineWith({ A: { Type: "Pass", Next: "Nowhere" } }, {}, {}, { isThorough: true })).toThrow(
      /flow is no valid.*Nowhere/s,
    );
    expect(() => new Engine({ invoke: async () => 1 }).addMachine(arn, "{")).toThrow(
      /flow is no valid.*not JSON/s,
    );
  });

  const pass = { Type: "Pass", End: true };
  const choice = (rule: Json) => ({ A: { Type: "Choice", Choices: [{ ...rule, Next: "B" }] }, B: pass });
  test.each<[string, Json, RegExp]>([
    ["JSONata", { A: { ...pass, QueryLanguage: "JSONata" } }, /JSONPath/],
    ["variables", { A: { ...pass, Assign: { a: 1 } } }, /Assign/],
    ["IsPresent: false", choice({ Variable: "$.a", IsPresent: false }), /Not \{ IsPresent: true \}/],
    ["IsNull: false inside And", choice({ And: [{ Variable: "$.a", IsNull: false }] }), /Not \{ IsNull/],
    [
      "States.JsonMerge",
      { A: { ...pass, Parameters: { "a.$": "States.JsonMerge($.a, $.b, false)" } } },
      /JsonMerge/,
    ],
    [
      "States.JsonToString",
      { A: { ...pass, Parameters: { "a.$": "States.JsonToString($.a)" } } },
      /JsonToString/,
    ],
    ["a computed cause", { A: { Type: "Fail", CausePath: "States.Format('{}', $.a)" } }, /CausePath/],
    [
      "the state in the context",
      { A: { ...pass, Parameters: { "a.$": "$$.State.Name" } } },
      /context object/,
    ],
    ["a task token", { A: { ...pass, Parameters: { a: { "t.$": "$$.Task.Token" } } } }, /context object/],
    ["Map", { A: { Type: "Map", ItemProcessor: { StartAt: "B", States: { B: pass } }, End: true } }, /Map/],
    ["other services", { A: call("f", { Resource: "arn:aws:states:::sqs:sendMessage" }) }, /Resource/],
    ["?-wildcards", choice({ Variable: "$.a", StringMatches: "a?" }), /wildcard/],
    ["unusual result paths", { A: { ...pass, ResultPath: "$['a']" } }, /ResultPath/],
    [
      "States.ALL that is not the last",
      { A: call("f", { Retry: [{ ErrorEquals: ["States.ALL"] }, { ErrorEquals: ["X"] }] }) },
      /States\.ALL/,
    ],
    [
      "States.TaskFailed in a Catch",
      { A: call("f", { Catch: [{ ErrorEquals: ["States.TaskFailed"], Next: "B" }] }), B: pass },
      /States\.TaskFailed/,
    ],
  ])("with %s is refused", (_what, states, reason) => {
    expect(() => engineWith(states)).toThrow(reason);
  });
});
