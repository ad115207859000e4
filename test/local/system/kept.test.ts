import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Scheduler } from "../../../local/aws/scheduler/scheduler.js";
import { SecretsManager } from "../../../local/aws/secrets-manager/secrets-manager.js";
import { Engine } from "../../../local/engine/index.js";
import { openState, type State } from "../../../local/state/state.js";
import type { Secrets } from "../../../local/system/configuration.js";
import { FailureReports } from "../../../local/system/failure-reports.js";
import { putConfiguredSecrets } from "../../../local/system/initial-secrets.js";
import { stateFolder } from "../../../local/system/state-folder.js";

let folder = "";
let state: State;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "relay-kept-"));
  state = await open();
});
afterEach(async () => {
  await state.close();
  await rm(folder, { recursive: true });
});

function open(): Promise<State> {
  return openState(folder, (error) => {
    throw error;
  });
}

/** The state as the next process finds it. */
async function restart(): Promise<State> {
  await state.close();
  state = await open();
  return state;
}

describe("the configured secrets", () => {
  const secrets: Secrets = { webhook: "w1", githubApp: "g1", coderToken: "c1", taskMark: "m1" };

  /** Starts with these values, and returns the manager. */
  function started(configured: Secrets): SecretsManager {
    const manager = new SecretsManager(undefined, state.secrets);
    putConfiguredSecrets(configured, manager, state.configuredSecrets);
    return manager;
  }

  test("are put once; a rotated value stays until the configured one changes", async () => {
    started(secrets).put("webhook", "rotated");
    await restart();
    const second = started(secrets);
    expect([second.has("webhook", "rotated"), second.has("coderToken", "c1")]).toEqual([true, true]);
    await restart();
    expect(started({ ...secrets, webhook: "w2" }).has("webhook", "w2")).toBe(true);
  });

  test("keep the versions of former processes: the previous value is still accepted", async () => {
    started(secrets);
    await restart();
    started({ ...secrets, webhook: "w2" });
    await restart();
    const [, stored] = state.secrets.entries.find(([name]) => name === "webhook") ?? [];
    const { versions, labels } = stored as { versions: { id: string; value: object }[]; labels: string[][] };
    const value = (label: string) => {
      const id = labels.find(([name]) => name === label)?.[1];
      return versions.find((version) => version.id === id)?.value;
    };
    expect(value("AWSCURRENT")).toEqual({ SecretString: "w2" });
    expect(value("AWSPREVIOUS")).toEqual({ SecretString: "w1" });
  });

  test("never change the key of the task marks", async () => {
    started(secrets);
    await restart();
    expect(started({ ...secrets, webhook: "w2", taskMark: "m2" }).has("taskMark", "m1")).toBe(true);
  });
});

describe("a schedule", () => {
  const arn = "arn:aws:states:us-east-1:000000000000:stateMachine:flow";
  const definition = {
    GroupName: "relay",
    FlexibleTimeWindow: { Mode: "OFF" },
    ScheduleExpressionTimezone: "UTC",
    ActionAfterCompletion: "NONE",
    State: "ENABLED",
    Target: {
      Arn: arn,
      RoleArn: "arn:aws:iam::000000000000:role/scheduler",
      Input: '{"at":"<aws.scheduler.scheduled-time>"}',
      RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 185 },
    },
  };

  /** The times of the runs that a start makes up for, if the schedule was waiting for `due` when the last process ended. */
  async function madeUp(expression: string, due: number, state_ = "ENABLED"): Promise<string[]> {
    const created = new Date(due).toISOString();
    const stored = { ...definition, ScheduleExpression: expression, State: state_ };
    state.schedules.put("relay/job", { name: "job", definition: stored, created, changed: created, due });
    await restart();
    const engine = new Engine({ invoke: async () => ({}), timeScale: 0 });
    engine.addMachine(arn, JSON.stringify({ StartAt: "End", States: { End: { Type: "Succeed" } } }), {
      isThorough: false,
    });
    const scheduler = new Scheduler(engine, { group: "relay", kept: state.schedules });
    scheduler.resume();
    const times = scheduler.runs.map(({ scheduledTime }) => scheduledTime);
    expect(scheduler.list().map(({ name }) => name)).toEqual(["job"]);
    scheduler.stop();
    engine.close();
    return times;
  }

  const minute = 60_000;
  const lastMinute = () => Math.floor(Date.now() / minute) * minute;
  const shown = (time: number) => new Date(time).toISOString().replace(".000Z", "Z");

  test("that was due several times while the process was down fires once, for the latest time", async () => {
    const before = lastMinute();
    const times = await madeUp("cron(* * * * ? *)", before - 20 * minute);
    expect(times).toHaveLength(1);
    expect([shown(before), shown(before + minute)]).toContain(times[0]);
  });

  test("that was due too long ago doesn't fire", async () => {
    const hourBefore = new Date(Date.now() - 2 * 3_600_000);
    const expression = `cron(${hourBefore.getUTCMinutes()} ${hourBefore.getUTCHours()} * * ? *)`;
    expect(await madeUp(expression, Math.floor(hourBefore.getTime() / minute) * minute)).toEqual([]);
  });

  test("that is disabled, or was not due yet, doesn't fire", async () => {
    expect(await madeUp("cron(* * * * ? *)", lastMinute() - minute, "DISABLED")).toEqual([]);
    expect(await madeUp("cron(0 0 1 1 ? 2199)", Date.UTC(2199, 0, 1))).toEqual([]);
  });
});

test("a failed execution is reported by the next process if this one could not", async () => {
  const arn = "arn:aws:states:us-east-1:000000000000:stateMachine:flow";
  const engine = new Engine({ invoke: async () => ({}), timeScale: 0, journal: state.executions });
  engine.addMachine(arn, JSON.stringify({ StartAt: "No", States: { No: { Type: "Fail", Error: "No" } } }), {
    isThorough: false,
  });
  const lost = new FailureReports(
    engine,
    () => Promise.reject(new Error("gone")),
    state.reports,
    state.stored,
  );
  const { executionArn } = engine.start(arn, "run", "{}");
  await engine.finished(executionArn);
  await lost.settled();
  engine.close();

  for (const expected of [[executionArn], []]) {
    await restart();
    const reported: unknown[] = [];
    const report = async (event: unknown) => {
      const { detail } = event as { detail: { executionArn: string } };
      reported.push(detail.executionArn);
    };
    const next = new Engine({ invoke: async () => ({}), journal: state.executions });
    const reports = new FailureReports(next, report, state.reports, state.stored);
    reports.resume();
    await reports.settled();
    expect(reported).toEqual(expected);
    next.close();
  }
});

test.each([
  ["real services", {}, ".relay", true],
  ["real services and a folder", { LOCAL_STATE_DIR: "/x" }, "/x", true],
  ["a fake GitHub", { GITHUB_API_URL: undefined }, ".relay", false],
  ["a fake Coder", { CODER_URL: "" }, ".relay", false],
  ["a fake GitHub and a folder", { GITHUB_API_URL: undefined, LOCAL_STATE_DIR: "x" }, "x", true],
  ["an empty folder's name", { LOCAL_STATE_DIR: "" }, undefined, false],
])("with %s, the state folder is right", (_, changes, path, isKept) => {
  const real = { GITHUB_API_URL: "https://api.github.com", CODER_URL: "https://coder.example.com" };
  expect(stateFolder({ ...real, ...changes })).toEqual({ path, isKept });
});
