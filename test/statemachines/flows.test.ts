import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { type ActionName, actions, type FlowName, flowNames, pascalCase } from "../../infra/actions.js";
import { addRetryPolicies, type Retrier, readFlow, retryPolicies } from "../../infra/flow-source.js";
import { loadDefinition } from "../../local/engine/definition.js";
import { parseDefinition } from "../../local/engine/validate.js";

interface State {
  Type: string;
  Parameters?: { FunctionName?: string };
  TimeoutSeconds?: number;
  Retry?: Retrier[];
  Catch?: { ErrorEquals: string[]; Next: string }[];
}

interface Machine {
  Comment?: string;
  TimeoutSeconds?: number;
  States: Record<string, State>;
}

const source = (flow: FlowName) =>
  readFileSync(fileURLToPath(new URL(`../../statemachines/${flow}.asl.json`, import.meta.url)), "utf8");

const docs = readFileSync(fileURLToPath(new URL("../../docs/architecture.md", import.meta.url)), "utf8");

const { busy, ...everyLambda } = retryPolicies;
const arnToAction = new Map(
  Object.keys(actions).map((name) => [`\${${pascalCase(name)}Arn}`, name as ActionName]),
);

describe.each(flowNames)("the flow %s", (flow) => {
  const machine = JSON.parse(readFlow(flow)) as Machine;
  const states = Object.entries(machine.States);
  const tasks = states.filter(([, { Type }]) => Type === "Task");

  test("is valid in the Amazon States Language", () => {
    const arns = [...arnToAction].map(([placeholder, name]) => [
      placeholder.slice(2, -1),
      `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    ]);
    const definition = loadDefinition(JSON.stringify(machine), Object.fromEntries(arns));
    expect(parseDefinition(flow, definition).StartAt).toBeTruthy();
  });

  test("says what it is for, and ends at last", () => {
    expect(machine.Comment).toMatch(/\S/);
    expect(machine.TimeoutSeconds).toBeGreaterThan(0);
  });

  test("retries every Lambda by the policies of all, and by others only if its source names their errors", () => {
    const written = (JSON.parse(source(flow)) as Machine).States;
    for (const [name, { Retry = [], Parameters }] of tasks) {
      expect(Parameters?.FunctionName).toMatch(/Arn}$/);
      const asked = written[name]?.Retry?.map(({ ErrorEquals }) => ErrorEquals) ?? [];
      const others = asked.length === 0 ? [] : [busy];
      expect([name, asked, Retry]).toEqual([
        name,
        others.map((policy) => policy?.ErrorEquals),
        [...Object.values(everyLambda), ...others],
      ]);
    }
  });

  test("has no copy of a policy in its source, which differs from the definition in retriers alone", () => {
    const { States, ...rest } = JSON.parse(source(flow)) as Machine;
    const plain = (all: Machine["States"]) =>
      Object.entries(all).map(([name, { Retry: _retry, ...state }]) => [name, state]);
    for (const { Retry = [] } of Object.values(States)) {
      for (const retrier of Retry) expect(Object.values(retryPolicies)).not.toContainEqual(retrier);
    }
    const { States: completed, ...restCompleted } = machine;
    expect([restCompleted, plain(completed)]).toEqual([rest, plain(States)]);
  });

  test("waits longer for a Lambda than the Lambda itself takes", () => {
    for (const [, { Parameters, TimeoutSeconds = 0 }] of tasks) {
      const action = arnToAction.get(Parameters?.FunctionName ?? "");
      if (action) expect(TimeoutSeconds).toBeGreaterThan(actions[action].timeoutSeconds);
    }
  });

  test("has no Fail state, and catches all of a courtesy alone: a failed run ends in the state that failed, for a redrive", () => {
    expect(states.filter(([, { Type }]) => Type === "Fail")).toEqual([]);
    const catchAlls = states.flatMap(([name, { Catch = [] }]) =>
      Catch.filter(({ ErrorEquals }) => ErrorEquals.some((error) => error.startsWith("States."))).map(
        ({ Next }) => [name, machine.States[Next]?.Type],
      ),
    );
    expect(catchAlls).toEqual(flow === "forward-comment" ? [["Acknowledge", "Succeed"]] : []);
  });
});

/** Seconds of all waits of a policy, at the least: full jitter may draw none at all. */
function shortestInAll({ IntervalSeconds = 1, BackoffRate = 2, ...retrier }: Retrier): number {
  const { MaxDelaySeconds = Number.POSITIVE_INFINITY, MaxAttempts = 3, JitterStrategy } = retrier;
  if (JitterStrategy === "FULL") return 0;
  const waits = Array.from({ length: MaxAttempts }, (_, i) => IntervalSeconds * BackoffRate ** i);
  return waits.reduce((sum, wait) => sum + Math.min(wait, MaxDelaySeconds), 0);
}

describe("the retry policies", () => {
  const { transient, rateLimited, crashed } = everyLambda;

  test("last as long as the trouble: an upgrade of Coder, and GitHub's hour", () => {
    expect(shortestInAll(transient as Retrier)).toBeGreaterThanOrEqual(20 * 60);
    expect(shortestInAll(rateLimited as Retrier)).toBeGreaterThanOrEqual(70 * 60);
    expect(rateLimited?.IntervalSeconds).toBeGreaterThanOrEqual(60);
  });

  test.each(Object.entries(retryPolicies))("%s lasts as long as the docs say", (name, policy) => {
    const minutes = Math.floor(shortestInAll(policy) / 60);
    const row = new RegExp(
      `retried by (the policy )?\`${name}\` for ${minutes} minutes: ${policy.MaxAttempts} times`,
    );
    expect(docs).toMatch(row);
  });

  test("cover what Lambda calls its own troubles and the death of a process", () => {
    expect(transient?.ErrorEquals).toEqual(
      expect.arrayContaining([
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
        "Sandbox.Timedout",
        "States.Timeout",
      ]),
    );
    expect(crashed?.ErrorEquals).toEqual(
      expect.arrayContaining(["Runtime.ExitError", "Runtime.OutOfMemory"]),
    );
  });

  test("have no error in common: the first that fits is the one that counts", () => {
    const errors = Object.values(retryPolicies).flatMap(({ ErrorEquals }) => ErrorEquals);
    expect(errors).toHaveLength(new Set(errors).size);
  });
});

describe("the retry policies of a state", () => {
  const policies = {
    any: { ErrorEquals: ["AnyError"], MaxAttempts: 9 },
    busy: { ErrorEquals: ["BusyError"], MaxAttempts: 5 },
  };
  const { any, busy } = policies;
  const invoke = { Type: "Task", Resource: "arn:aws:states:::lambda:invoke", End: true };
  const complete = (state: object): unknown =>
    JSON.parse(addRetryPolicies(JSON.stringify({ StartAt: "A", States: { A: state } }), policies));

  test("go behind a retrier of its own", () => {
    const own = { ErrorEquals: ["BusyError"], MaxAttempts: 2 };
    expect(complete({ ...invoke, Retry: [{ ErrorEquals: ["BusyError"] }] })).toMatchObject({
      States: { A: { Retry: [any, busy] } },
    });
    expect(complete({ ...invoke, Retry: [own] })).toMatchObject({
      States: { A: { Retry: [own, any] } },
    });
  });

  test("reach the Lambdas inside of a Map and a Parallel state, and nothing else", () => {
    const inner = { StartAt: "A", States: { A: invoke, B: { Type: "Succeed" } } };
    const completed = {
      StartAt: "A",
      States: { A: { ...invoke, Retry: [any] }, B: { Type: "Succeed" } },
    };
    expect(complete({ Type: "Map", ItemProcessor: inner, End: true })).toEqual({
      StartAt: "A",
      States: { A: { Type: "Map", ItemProcessor: completed, End: true } },
    });
    expect(complete({ Type: "Parallel", Branches: [inner, inner], End: true })).toEqual({
      StartAt: "A",
      States: { A: { Type: "Parallel", Branches: [completed, completed], End: true } },
    });
  });
});
