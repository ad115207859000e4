import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { type ActionName, actions, flowNames, pascalCase } from "../../infra/actions.js";
import { loadDefinition } from "../../local/engine/definition.js";
import { parseDefinition } from "../../local/engine/validate.js";

interface State {
  Type: string;
  Parameters?: { FunctionName?: string };
  TimeoutSeconds?: number;
  Retry?: { ErrorEquals: string[] }[];
  Catch?: { ErrorEquals: string[]; Next: string }[];
}

interface Machine {
  Comment?: string;
  TimeoutSeconds?: number;
  States: Record<string, State>;
}

function read(name: string): unknown {
  const path = fileURLToPath(new URL(`../../statemachines/${name}.json`, import.meta.url));
  return JSON.parse(readFileSync(path, "utf8"));
}

const policies = Object.values(read("retry-policies") as Record<string, unknown>);
const arnToAction = new Map(
  Object.keys(actions).map((name) => [`\${${pascalCase(name)}Arn}`, name as ActionName]),
);

describe.each(flowNames)("the flow %s", (flow) => {
  const machine = read(`${flow}.asl`) as Machine;
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

  test("retries every Lambda by the named policies, which always cover Lambda's own troubles", () => {
    for (const [, { Retry = [], Parameters }] of tasks.filter(
      ([, { Parameters }]) => Parameters?.FunctionName,
    )) {
      for (const retrier of Retry) expect(policies).toContainEqual(retrier);
      const names = Retry.flatMap(({ ErrorEquals }) => ErrorEquals);
      expect([Parameters?.FunctionName, names]).toEqual([
        Parameters?.FunctionName,
        expect.arrayContaining(["TransientError", "RateLimitedError", "Lambda.TooManyRequestsException"]),
      ]);
    }
  });

  test("waits longer for a Lambda than the Lambda itself takes", () => {
    for (const [, { Parameters, TimeoutSeconds = 0 }] of tasks) {
      const action = arnToAction.get(Parameters?.FunctionName ?? "");
      if (action) expect(TimeoutSeconds).toBeGreaterThan(actions[action].timeoutSeconds);
    }
  });

  test("has no Fail state and no catch-all: a failed run ends in the state that failed, for a redrive", () => {
    expect(states.filter(([, { Type }]) => Type === "Fail")).toEqual([]);
    const caught = states.flatMap(([, { Catch = [] }]) => Catch.flatMap(({ ErrorEquals }) => ErrorEquals));
    expect(caught.filter((name) => name.startsWith("States."))).toEqual([]);
  });
});
