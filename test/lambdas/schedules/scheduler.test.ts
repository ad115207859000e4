import { GetScheduleCommand, SchedulerClient, UpdateScheduleCommand } from "@aws-sdk/client-scheduler";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { RepositorySchedules } from "../../../lambdas/schedules/scheduler.js";
import { type JobSchedule, wantedSchedules } from "../../../lambdas/schedules/wanted.js";
import { Scheduler } from "../../../local/aws/scheduler/scheduler.js";
import { Engine } from "../../../local/engine/index.js";

const group = "relay";
const flow = "arn:aws:states:us-east-1:000000000000:stateMachine:create-task";
const role = "arn:aws:iam::000000000000:role/scheduler";

const engine = new Engine({ invoke: async () => ({}), timeScale: 0 });
const endpoint = new Scheduler(engine, { group, timeScale: 0 });
let operator: SchedulerClient;
let schedulesOf: (repositoryId: number) => RepositorySchedules;
let lastId = 1000;

beforeAll(async () => {
  engine.addMachine(flow, JSON.stringify({ StartAt: "End", States: { End: { Type: "Succeed" } } }), {
    isThorough: false,
  });
  Object.assign(process.env, {
    SCHEDULE_GROUP: group,
    SCHEDULE_ROLE_ARN: role,
    SCHEDULE_DEAD_LETTERS_ARN: "arn:aws:sqs:us-east-1:000000000000:dead-letters",
    CREATE_TASK_FLOW_ARN: flow,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_ENDPOINT_URL_SCHEDULER: await endpoint.listen(),
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  });
  operator = new SchedulerClient({});
  const { RepositorySchedules } = await import("../../../lambdas/schedules/scheduler.js");
  schedulesOf = (id) => new RepositorySchedules(id);
});
afterEach(() => endpoint.server.faults.clear());
afterAll(async () => {
  operator.destroy();
  await endpoint.close();
  engine.close();
});

/** A repository without schedules, and the schedules that its jobs need. */
function newRepository() {
  lastId += 1;
  const id = lastId;
  const repository = { id, owner: "octo-org", name: "parser", private: false };
  const wanted = (...jobs: JobSchedule[]) => wantedSchedules({ installation: 7, repository }, jobs);
  return { id, schedules: schedulesOf(id), wanted };
}

const get = (Name: string) => operator.send(new GetScheduleCommand({ Name, GroupName: group }));
const nightly = { name: "nightly", schedule: "0 3 * * *" };
const calls = () => endpoint.server.calls.map(({ method, path }) => `${method} ${path}`);

describe("reconciling a repository's schedules", () => {
  test("creates missing ones, and each starts create-task when it is due", async () => {
    const { id, schedules, wanted } = newRepository();
    const twoDays = { name: "two-days", schedule: "0 9 1 * MON", timezone: "Europe/Berlin" };
    expect(await schedules.reconcile(wanted(nightly, twoDays))).toEqual({
      created: [`${id}.nightly`, `${id}.two-days`, `${id}.two-days.2`],
      changed: [],
      removed: [],
    });
    expect(await get(`${id}.two-days.2`)).toMatchObject({
      ScheduleExpression: "cron(0 9 ? * 2 *)",
      ScheduleExpressionTimezone: "Europe/Berlin",
      FlexibleTimeWindow: { Mode: "OFF" },
      State: "ENABLED",
      Target: {
        Arn: flow,
        RoleArn: role,
        RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 5 },
      },
    });

    const { executionArn = "", scheduledTime } = endpoint.fire(`${id}.nightly`);
    expect(JSON.parse(engine.describe(executionArn).input)).toEqual({
      event: {
        type: "job_due",
        delivery: scheduledTime,
        at: scheduledTime,
        installation: 7,
        repository: { id, owner: "octo-org", name: "parser", private: false },
        job: { name: "nightly" },
      },
    });
  });

  test("changes nothing if all schedules are correct", async () => {
    const { schedules, wanted } = newRepository();
    await schedules.reconcile(wanted(nightly));
    const before = calls().length;
    expect(await schedules.reconcile(wanted(nightly))).toEqual({ created: [], changed: [], removed: [] });
    expect(
      calls()
        .slice(before)
        .filter((call) => !call.startsWith("GET ")),
    ).toEqual([]);
  });

  test("updates a different expression, zone or input, and an operator's changes", async () => {
    const { id, schedules, wanted } = newRepository();
    const jobs = ["time", "zone", "state", "same"].map((name) => ({ ...nightly, name }));
    await schedules.reconcile(wanted(...jobs));
    const { Target, FlexibleTimeWindow, ScheduleExpression } = await get(`${id}.state`);
    await operator.send(
      new UpdateScheduleCommand({
        Name: `${id}.state`,
        GroupName: group,
        Target,
        FlexibleTimeWindow,
        ScheduleExpression,
        State: "DISABLED",
      }),
    );
    const [time, zone, ...others] = jobs;
    if (!time || !zone) throw new Error("there are four jobs");
    const changed = [{ ...time, schedule: "0 4 * * *" }, { ...zone, timezone: "Asia/Tokyo" }, ...others];
    expect(await schedules.reconcile(wanted(...changed))).toEqual({
      created: [],
      changed: [`${id}.time`, `${id}.zone`, `${id}.state`],
      removed: [],
    });
    expect(await get(`${id}.time`)).toMatchObject({ ScheduleExpression: "cron(0 4 * * ? *)" });
    expect(await get(`${id}.zone`)).toMatchObject({ ScheduleExpressionTimezone: "Asia/Tokyo" });
    expect(await get(`${id}.state`)).toMatchObject({ State: "ENABLED" });
  });

  test("updates the input of create-task after a rename of the repository", async () => {
    const { id, schedules, wanted } = newRepository();
    await schedules.reconcile(wanted(nightly));
    const repository = { id, owner: "octo-org", name: "renamed", private: false };
    const renamed = wantedSchedules({ installation: 7, repository }, [nightly]);
    expect(await schedules.reconcile(renamed)).toMatchObject({ changed: [`${id}.nightly`] });
    expect((await get(`${id}.nightly`)).Target?.Input).toContain('"name":"renamed"');
  });

  test("removes schedules that are no longer wanted, but not another repository's", async () => {
    const { id, schedules, wanted } = newRepository();
    // This id begins with the digits of the other one.
    const other = schedulesOf(id * 10);
    const repository = { id: id * 10, owner: "octo-org", name: "other", private: false };
    await other.reconcile(wantedSchedules({ installation: 7, repository }, [nightly]));
    await schedules.reconcile(wanted(nightly, { ...nightly, name: "weekly" }));

    expect(await schedules.reconcile(wanted(nightly))).toMatchObject({ removed: [`${id}.weekly`] });
    expect(await schedules.reconcile([])).toMatchObject({ removed: [`${id}.nightly`] });
    expect(await schedules.list()).toEqual([]);
    expect(await other.list()).toEqual([`${id * 10}.nightly`]);
  });

  test("lists all pages", async () => {
    const { schedules, wanted } = newRepository();
    const jobs = Array.from({ length: 120 }, (_, index) => ({ ...nightly, name: `job-${index}` }));
    expect((await schedules.reconcile(wanted(...jobs))).created).toHaveLength(120);
    expect((await schedules.reconcile([])).removed).toHaveLength(120);
    expect(await schedules.list()).toEqual([]);
  });

  test("has the same result if it runs twice at once", async () => {
    const { id, schedules, wanted } = newRepository();
    await schedules.reconcile(wanted({ ...nightly, name: "old" }));
    await Promise.all([1, 2, 3].map(() => schedules.reconcile(wanted(nightly))));
    expect(await schedules.list()).toEqual([`${id}.nightly`]);
  });
});

describe("one schedule", () => {
  test("is created or updated even if `likely` is wrong", async () => {
    const { schedules, wanted } = newRepository();
    const [schedule] = wanted(nightly);
    if (!schedule) throw new Error("there is one job");
    expect(await schedules.put(schedule, "present")).toBe("created");
    expect(await schedules.put(schedule)).toBe("changed");
    expect(await schedules.put(schedule, "present")).toBe("changed");
    expect(await schedules.remove(schedule.name)).toBe(true);
    expect(await schedules.remove(schedule.name)).toBe(false);
  });
});

describe("an error", () => {
  test("that the SDK's retries resolve is not thrown", async () => {
    const { id, schedules, wanted } = newRepository();
    endpoint.server.fail({ method: "POST", lose: "response" });
    endpoint.server.fail({ method: "GET", status: 503, body: { Message: "busy" } });
    expect(await schedules.reconcile(wanted(nightly))).toMatchObject({ created: [`${id}.nightly`] });
  });

  test.each([
    ["throttling", { status: 429, headers: { "x-amzn-errortype": "ThrottlingException" } }],
    ["an error of Scheduler's", { status: 500, headers: { "x-amzn-errortype": "InternalServerException" } }],
    ["a gateway", { status: 502, body: "<html>" }],
  ])("that lasts becomes a TransientError: %s", async (_, fault) => {
    const { schedules, wanted } = newRepository();
    endpoint.server.fail({ method: "POST", times: Number.POSITIVE_INFINITY, ...fault });
    await expect(schedules.reconcile(wanted(nightly))).rejects.toMatchObject({
      name: "TransientError",
      message: expect.stringContaining("CreateSchedule"),
    });
  });

  test("about a concurrent change of the schedule becomes a TransientError", async () => {
    const { schedules, wanted } = newRepository();
    await schedules.reconcile(wanted(nightly));
    endpoint.server.fail({
      method: "DELETE",
      status: 409,
      headers: { "x-amzn-errortype": "ConflictException" },
    });
    await expect(schedules.reconcile([])).rejects.toMatchObject({ name: "TransientError" });
    expect((await schedules.reconcile([])).removed).toHaveLength(1);
  });

  test("that no retry can resolve keeps Scheduler's name", async () => {
    const { schedules, wanted } = newRepository();
    await expect(schedules.reconcile(wanted({ ...nightly, timezone: "Mars/Olympus" }))).rejects.toMatchObject(
      { name: "ValidationException" },
    );
  });
});
