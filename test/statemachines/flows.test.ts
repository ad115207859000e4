import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { type FlowName, flowNames } from "../../infra/definition/action-spec.js";
import { type ActionName, actions, pascalCase } from "../../infra/definition/actions.js";
import {
  addRetryPolicies,
  busyWaits,
  type Retrier,
  type RetryPolicy,
  readFlow,
  retryPolicies,
  waitsOf,
} from "../../infra/definition/flow-source.js";
import { retriesUntilStillBusy } from "../../lambdas/inbox/readiness.js";
import { loadDefinition } from "../../local/engine/definition.js";
import { parseDefinition } from "../../local/engine/validate.js";

interface State {
  Type: string;
  Comment?: string;
  Resource?: string;
  Parameters?: { FunctionName?: string; Payload?: Record<string, unknown> };
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

const { everyLambda, onRequest } = retryPolicies;
const policies = { ...everyLambda, ...onRequest };
const retrierOf = ({ Comment: _, ...retrier }: RetryPolicy): Retrier => retrier;
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

  test("has a comment on each Task and each end, and ends eventually", () => {
    const silent = states.filter(([, { Type, Comment }]) => ["Task", "Succeed"].includes(Type) && !Comment);
    expect(silent.map(([name]) => name)).toEqual([]);
    expect(machine.Comment).toMatch(/\S/);
    expect(machine.TimeoutSeconds).toBeGreaterThan(0);
  });

  test("retries every Lambda by the general policies, and by others only if its source names their errors", () => {
    const written = (JSON.parse(source(flow)) as Machine).States;
    for (const [name, { Retry = [], Parameters }] of tasks) {
      expect(Parameters?.FunctionName).toMatch(/Arn}$/);
      const asked = written[name]?.Retry?.map(({ ErrorEquals }) => ErrorEquals) ?? [];
      const others = Object.values(onRequest).filter(({ ErrorEquals }) =>
        asked.some((errors) => errors.join() === ErrorEquals.join()),
      );
      expect([name, asked, Retry]).toEqual([
        name,
        others.map((policy) => policy.ErrorEquals),
        [...Object.values(everyLambda), ...others].map(retrierOf),
      ]);
    }
  });

  test("has no copy of a policy in its source; its definition adds only retriers and what log lines name", () => {
    const { States, ...rest } = JSON.parse(source(flow)) as Machine;
    const plain = (all: Machine["States"]) =>
      Object.entries(all).map(([name, { Retry: _retry, ...state }]) => [name, withoutContext(state)]);
    for (const { Retry = [] } of Object.values(States)) {
      for (const retrier of Retry) expect(Object.keys(retrier)).toEqual(["ErrorEquals"]);
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

  test("has no Fail state and catches only errors that it names, so that a failed run ends in the state that failed and can be redriven", () => {
    expect(states.filter(([, { Type }]) => Type === "Fail")).toEqual([]);
    const caught = states.flatMap(([, { Catch = [] }]) => Catch.flatMap(({ ErrorEquals }) => ErrorEquals));
    expect(caught.filter((error) => error.startsWith("States."))).toEqual([]);
  });
});

describe("the state machines", () => {
  const linesOf = (flow: FlowName) => source(flow).trimEnd().split("\n").length;

  test("are short enough to be read", () => {
    const { States } = JSON.parse(source("create-task")) as Machine;
    expect(Object.keys(States).length).toBeLessThanOrEqual(20);
    expect(linesOf("create-task")).toBeLessThanOrEqual(350);
    expect(flowNames.reduce((sum, flow) => sum + linesOf(flow), 0)).toBeLessThanOrEqual(1300);
  });

  test("have no state that only sets a first value", () => {
    const passing = flowNames.flatMap((flow) =>
      Object.entries((JSON.parse(source(flow)) as Machine).States).filter(([, { Type }]) => Type === "Pass"),
    );
    expect(passing).toEqual([]);
  });
});

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/** The seconds at which a state is tried again, up to `until`. */
function triesOf(policy: Retrier, until: number): number[] {
  let time = 0;
  const tries = waitsOf(policy).map((wait) => {
    time += wait;
    return time;
  });
  return [0, ...tries].filter((second) => second <= until);
}

describe("the retry policies", () => {
  const { transient, rateLimited, crashed } = everyLambda as Record<string, RetryPolicy>;
  const { starting, broken, working, resting } = onRequest as Record<string, RetryPolicy>;

  test("last as long as the trouble: an upgrade of Coder, and the hour of GitHub's rate limit", () => {
    expect(sum(waitsOf(transient as Retrier))).toBeGreaterThanOrEqual(20 * 60);
    expect(sum(waitsOf(rateLimited as Retrier))).toBeGreaterThanOrEqual(70 * 60);
    expect(rateLimited?.IntervalSeconds).toBeGreaterThanOrEqual(60);
  });

  test.each(Object.entries(policies))("%s lasts as long as its comment and the docs say", (name, policy) => {
    const seconds = Math.floor(sum(waitsOf(policy)));
    const time = seconds < 120 ? `${seconds} seconds` : `${Math.floor(seconds / 60)} minutes`;
    expect(policy.Comment).toContain(`: ${policy.MaxAttempts} retries in ${time}`);
    const row = new RegExp(`retried by (the policy )?\`${name}\` for ${time}: ${policy.MaxAttempts} times`);
    expect(docs).toMatch(row);
  });

  test("notice that a new task runs within 5 seconds, or a tenth of the time that it took, with time to spare for a call", () => {
    const tries = triesOf(starting as Retrier, 3600);
    for (let i = 1; i < tries.length; i++) {
      const [before = 0, after = 0] = [tries[i - 1], tries[i]];
      expect(after - before).toBeLessThanOrEqual(Math.max(4.5, before / 10 - 0.5));
    }
  });

  test("wait two hours for a new task in fewer than 400 state transitions, and as long as its flow may run", () => {
    expect(triesOf(starting as Retrier, 7200).length).toBeLessThan(400);
    const { TimeoutSeconds } = JSON.parse(source("create-task")) as Machine;
    expect(sum(waitsOf(starting as Retrier))).toBeGreaterThan(TimeoutSeconds ?? 0);
  });

  test("wait a day for a busy agent, within the time of a drain", () => {
    const { TimeoutSeconds = 0 } = JSON.parse(source("drain-inbox")) as Machine;
    const seconds = sum(busyWaits(retryPolicies));
    expect(seconds).toBeGreaterThanOrEqual(24 * 3600);
    expect(seconds).toBeLessThan(TimeoutSeconds / 1.5);
  });

  test("change to the slower pace exactly when the quicker one is used up", () => {
    expect(onRequest.agentBusy?.MaxAttempts).toBe(retriesUntilStillBusy);
  });

  test("notice the end of a turn within five seconds, an eighth of the turn, or five minutes", () => {
    for (const turn of [10, 30, 600, 3600, 24 * 3600]) {
      const end = triesOf(working as Retrier, 7 * 24 * 3600).find((second) => second >= turn) ?? 0;
      expect(end - turn).toBeLessThanOrEqual(Math.min(Math.max(5, turn / 8), 300));
    }
  });

  test("watch an agent for five days, far below Step Functions' 25,000 events of a history", () => {
    expect(sum(waitsOf(working as Retrier))).toBeGreaterThanOrEqual(5 * 24 * 3600);
    // An observation is three events, and one that finds news about ten more.
    expect((working?.MaxAttempts ?? 0) * 13).toBeLessThan(25_000);
  });

  test("watch an agent for ten minutes after its turn, in ever longer steps", () => {
    const waits = waitsOf(resting as Retrier);
    expect(sum(waits)).toBeGreaterThanOrEqual(600);
    expect(sum(waits)).toBeLessThan(740);
    expect(waits.length).toBeLessThanOrEqual(12);
    expect(waits[0]).toBe(4);
  });

  test("give a broken task five minutes", () => {
    expect(sum(waitsOf(broken as Retrier))).toBeGreaterThanOrEqual(300);
    expect(sum(waitsOf(broken as Retrier))).toBeLessThan(360);
  });

  test("cover Lambda's names for its own errors and for the death of a process", () => {
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

  test("have no error in common, because only the first policy that matches an error counts", () => {
    const errors = Object.values(policies).flatMap(({ ErrorEquals }) => ErrorEquals);
    expect(errors).toHaveLength(new Set(errors).size);
  });
});

test.each(flowNames)(
  "the input of every Lambda of %s names the execution, and the event if there is one",
  (flow) => {
    const payloads = Object.values((JSON.parse(readFlow(flow)) as Machine).States)
      .filter(({ Resource }) => Resource === "arn:aws:states:::lambda:invoke")
      .map(({ Parameters }) => Parameters?.Payload);
    const hasEvent = flow !== "drain-inbox" && flow !== "follow-task";
    for (const payload of payloads) {
      const isWhole = payload?.["state.$"] === "$";
      expect(payload).toMatchObject({
        "execution.$": "$$.Execution.Id",
        ...(hasEvent && !isWhole && { "event.$": "$.event" }),
      });
      if (isWhole) expect(payload).not.toHaveProperty(["event.$"]);
    }
  },
);

/** A state without the fields of its Lambda's input that exist only for log lines. */
function withoutContext(state: Omit<State, "Retry">): unknown {
  const copy = structuredClone(state);
  for (const path of ["execution.$", "event.$"]) delete copy.Parameters?.Payload?.[path];
  return copy;
}

describe("the retry policies of a state", () => {
  const any = { ErrorEquals: ["AnyError"], MaxAttempts: 9 };
  const busy = { ErrorEquals: ["BusyError"], MaxAttempts: 5 };
  const policies = {
    everyLambda: { any: { Comment: "Any trouble.", ...any } },
    onRequest: { busy: { Comment: "Busy.", ...busy } },
  };
  const invoke = { Type: "Task", Resource: "arn:aws:states:::lambda:invoke", End: true };
  const complete = (state: object): unknown =>
    JSON.parse(addRetryPolicies(JSON.stringify({ StartAt: "A", States: { A: state } }), policies));

  test("are added after the state's own retriers", () => {
    const own = { ErrorEquals: ["BusyError"], MaxAttempts: 2 };
    expect(complete({ ...invoke, Retry: [{ ErrorEquals: ["BusyError"] }] })).toMatchObject({
      States: { A: { Retry: [any, busy] } },
    });
    expect(complete({ ...invoke, Retry: [own] })).toMatchObject({
      States: { A: { Retry: [own, any] } },
    });
  });

  test("are added to Lambdas inside Map and Parallel states, and to nothing else", () => {
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
