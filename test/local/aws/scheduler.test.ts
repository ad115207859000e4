import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  CreateScheduleGroupCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  GetScheduleGroupCommand,
  ListScheduleGroupsCommand,
  ListSchedulesCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { parseExpression } from "../../../local/aws/scheduler/schedule-expression.js";
import { Scheduler } from "../../../local/aws/scheduler/scheduler.js";
import { Engine } from "../../../local/engine/index.js";

const stateMachineArn = "arn:aws:states:us-east-1:000000000000:stateMachine:flow";
const group = "relay";

let engine: Engine;
let scheduler: Scheduler;
let client: SchedulerClient;

/** An engine, the scheduler endpoint in front of it, and a client of the endpoint. */
async function start(timeScale: number): Promise<void> {
  engine = new Engine({ invoke: async () => ({}), timeScale: 0 });
  engine.addMachine(
    stateMachineArn,
    JSON.stringify({ StartAt: "End", States: { End: { Type: "Succeed" } } }),
    { isThorough: false },
  );
  scheduler = new Scheduler(engine, { group, timeScale });
  client = new SchedulerClient({
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    endpoint: await scheduler.listen(),
    maxAttempts: 1,
  });
}

async function stop(): Promise<void> {
  client.destroy();
  await scheduler.close();
  engine.close();
}

const definition = (changes: Partial<CreateScheduleCommandInput> = {}): CreateScheduleCommandInput => ({
  Name: "nightly",
  GroupName: group,
  ScheduleExpression: "cron(30 5 ? * 2-6 *)",
  FlexibleTimeWindow: { Mode: "OFF" },
  Target: { Arn: stateMachineArn, RoleArn: "arn:aws:iam::000000000000:role/scheduler", Input: '{"n":1}' },
  ...changes,
});
const create = (changes?: Partial<CreateScheduleCommandInput>) =>
  client.send(new CreateScheduleCommand(definition(changes)));
const get = (Name: string) => client.send(new GetScheduleCommand({ Name, GroupName: group }));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("the API of EventBridge Scheduler", () => {
  beforeAll(() => start(0));
  afterAll(stop);

  test("a schedule is created, read, changed and deleted", async () => {
    const { ScheduleArn } = await create();
    expect(ScheduleArn).toBe("arn:aws:scheduler:us-east-1:000000000000:schedule/relay/nightly");
    const created = await get("nightly");
    expect(created).toMatchObject({
      Arn: ScheduleArn,
      Name: "nightly",
      GroupName: group,
      ScheduleExpression: "cron(30 5 ? * 2-6 *)",
      ScheduleExpressionTimezone: "UTC",
      State: "ENABLED",
      CreationDate: expect.any(Date),
      Target: {
        Arn: stateMachineArn,
        Input: '{"n":1}',
        RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
      },
    });

    await client.send(
      new UpdateScheduleCommand(
        definition({ ScheduleExpression: "cron(0 0 1 * ? *)", ScheduleExpressionTimezone: "Europe/Berlin" }),
      ),
    );
    expect(await get("nightly")).toMatchObject({
      ScheduleExpression: "cron(0 0 1 * ? *)",
      ScheduleExpressionTimezone: "Europe/Berlin",
      CreationDate: created.CreationDate,
    });

    await client.send(new DeleteScheduleCommand({ Name: "nightly", GroupName: group }));
    await expect(get("nightly")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Schedule nightly does not exist.",
      $metadata: { httpStatusCode: 404 },
    });
  });

  test("a name can be used once, but the same request may be repeated", async () => {
    await create({ Name: "once", ClientToken: "one" });
    await create({ Name: "once", ClientToken: "one" });
    await expect(create({ Name: "once", ClientToken: "two" })).rejects.toMatchObject({
      name: "ConflictException",
      $metadata: { httpStatusCode: 409 },
    });
  });

  test("schedules are listed by the prefix of their names, page by page", async () => {
    for (const Name of ["12.b", "123.a", "12.a", "12.c"]) await create({ Name });
    const seen: unknown[] = [];
    let NextToken: string | undefined;
    do {
      const page = await client.send(
        new ListSchedulesCommand({ GroupName: group, NamePrefix: "12.", MaxResults: 2, NextToken }),
      );
      seen.push(page.Schedules?.map(({ Name }) => Name));
      NextToken = page.NextToken;
      // A schedule that is deleted in the meantime does not move others to another page.
      if (seen.length === 1) await client.send(new DeleteScheduleCommand({ Name: "12.b", GroupName: group }));
    } while (NextToken);
    expect(seen).toEqual([["12.a", "12.b"], ["12.c"]]);
  });

  test("its groups are listed, page by page and by name prefix", async () => {
    const list = async (input: { NamePrefix?: string; MaxResults?: number; NextToken?: string }) => {
      const { ScheduleGroups, NextToken } = await client.send(new ListScheduleGroupsCommand(input));
      return { names: ScheduleGroups?.map(({ Name }) => Name), groups: ScheduleGroups, next: NextToken };
    };
    const all = await list({});
    expect([all.names, all.next]).toEqual([["default", group], undefined]);
    expect(all.groups?.[1]).toMatchObject({
      Arn: `arn:aws:scheduler:us-east-1:000000000000:schedule-group/${group}`,
      State: "ACTIVE",
      CreationDate: expect.any(Date),
      LastModificationDate: expect.any(Date),
    });
    const first = await list({ MaxResults: 1 });
    expect(first.names).toEqual(["default"]);
    expect(await list({ MaxResults: 1, NextToken: first.next ?? "" })).toMatchObject({ names: [group] });
    expect((await list({ NamePrefix: "re" })).names).toEqual([group]);
    await expect(list({ NextToken: "never given" })).rejects.toMatchObject({ name: "ValidationException" });
  });

  test("a violated constraint and an unknown operation are reported as by AWS", async () => {
    await expect(get("two words")).rejects.toMatchObject({
      name: "ValidationException",
      message:
        "1 validation error detected: Value 'two words' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9a-zA-Z-_.]+",
      $metadata: { httpStatusCode: 400 },
    });
    await expect(client.send(new CreateScheduleGroupCommand({ Name: "other" }))).rejects.toMatchObject({
      name: "UnknownOperationException",
      $metadata: { httpStatusCode: 404 },
    });
  });

  test("its groups are the stack's and the default one", async () => {
    expect(await client.send(new GetScheduleGroupCommand({ Name: group }))).toMatchObject({
      Name: group,
      State: "ACTIVE",
    });
    await expect(create({ GroupName: "other" })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Schedule group other does not exist.",
    });
    await expect(client.send(new UpdateScheduleCommand(definition()))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  test.each<[string, Partial<CreateScheduleCommandInput>]>([
    ["both day fields", { ScheduleExpression: "cron(0 0 1 * 2 *)" }],
    ["both day fields as *", { ScheduleExpression: "cron(0 0 * * * *)" }],
    ["both day fields as ?", { ScheduleExpression: "cron(0 0 ? * ? *)" }],
    ["a ? in a list", { ScheduleExpression: "cron(0 0 1,? * 2 *)" }],
    ["five fields", { ScheduleExpression: "cron(0 0 * * ?)" }],
    ["a day of the week 0", { ScheduleExpression: "cron(0 0 ? * 0 *)" }],
    ["a range of days from 0", { ScheduleExpression: "cron(0 0 ? * 0-2 *)" }],
    ["a day of the week 8", { ScheduleExpression: "cron(0 0 ? * 8 *)" }],
    ["a step of days of the week", { ScheduleExpression: "cron(0 0 ? * */2 *)" }],
    ["two n-th days", { ScheduleExpression: "cron(0 0 ? * 2#1,3#1 *)" }],
    ["a year before 1970", { ScheduleExpression: "cron(0 0 * * ? 1969)" }],
    ["a minute 60", { ScheduleExpression: "cron(60 0 * * ? *)" }],
    ["a rate of nothing", { ScheduleExpression: "rate(0 minutes)" }],
    ["a rate of one minutes", { ScheduleExpression: "rate(1 minutes)" }],
    ["a rate in weeks", { ScheduleExpression: "rate(2 weeks)" }],
    ["a bare cron expression", { ScheduleExpression: "0 0 * * ? *" }],
    ["an unknown time zone", { ScheduleExpressionTimezone: "Mars/Olympus" }],
    ["an offset for a time zone", { ScheduleExpressionTimezone: "+01:00" }],
    ["a name with a space", { Name: "a b" }],
    ["a name of 65 characters", { Name: "a".repeat(65) }],
    [
      "an input that is no JSON",
      { Target: { Arn: stateMachineArn, RoleArn: "arn:aws:iam::000000000000:role/r", Input: "{" } },
    ],
  ])("%s is a ValidationException", async (_, changes) => {
    await expect(create(changes)).rejects.toMatchObject({
      name: "ValidationException",
      $metadata: { httpStatusCode: 400 },
    });
  });
});

describe("a schedule", () => {
  /** A minute of the scheduler's clock takes 30 milliseconds. */
  beforeEach(() => start(0.0005));
  afterEach(stop);

  const due = '{"at":"<aws.scheduler.scheduled-time>","attempt":"<aws.scheduler.attempt-number>"}';
  const target = { Arn: stateMachineArn, RoleArn: "arn:aws:iam::000000000000:role/r", Input: due };

  test("fires on its own, once a minute of the faster clock", async () => {
    await create({ ScheduleExpression: "cron(* * * * ? *)", Target: target });
    await until(() => scheduler.runs.length >= 3);

    const runs = scheduler.runs.slice(0, 3);
    for (const { scheduledTime, executionArn = "" } of runs) {
      expect(scheduledTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:00Z$/);
      const execution = await engine.finished(executionArn);
      expect(execution).toMatchObject({ stateMachineArn, status: "SUCCEEDED" });
      expect(JSON.parse(execution.input)).toEqual({ at: scheduledTime, attempt: "1" });
    }
    const times = runs.map(({ scheduledTime }) => Date.parse(scheduledTime));
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
  });

  test("stops firing once it is disabled or deleted", async () => {
    const everyMinute = { ScheduleExpression: "cron(* * * * ? *)", Target: target };
    const names = () => scheduler.runs.map(({ name }) => name);
    for (const Name of ["disabled", "deleted", "witness"]) await create({ Name, ...everyMinute });
    await client.send(
      new UpdateScheduleCommand(definition({ Name: "disabled", State: "DISABLED", ...everyMinute })),
    );
    await client.send(new DeleteScheduleCommand({ Name: "deleted", GroupName: group }));
    const before = names().length;
    await until(() => names().length >= before + 4);
    expect(new Set(names().slice(before))).toEqual(new Set(["witness"]));
  });

  test("makes up for only one run after the process was suspended", async () => {
    await create({ ScheduleExpression: "cron(* * * * ? *)", Target: target });
    await until(() => scheduler.runs.length >= 1);
    const before = scheduler.runs.length;
    const end = Date.now() + 300;
    while (Date.now() < end);
    await until(() => scheduler.runs.length >= before + 2);
    // Ten minutes of its clock have passed: the run that it was waiting for fired late, then the following ones.
    const [late = 0, next = 0] = scheduler.runs
      .slice(before)
      .map(({ scheduledTime }) => Date.parse(scheduledTime));
    expect(next - late).toBeGreaterThan(5 * 60_000);
  });

  test("fires by hand, each time with a different scheduled time", async () => {
    await create({ Target: target });
    const first = scheduler.fire("nightly");
    const second = scheduler.fire("nightly");
    expect(first.scheduledTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Date.parse(second.scheduledTime) - Date.parse(first.scheduledTime)).toBeGreaterThanOrEqual(1000);
    expect(engine.describe(second.executionArn ?? "").input).toContain(second.scheduledTime);
    expect(scheduler.list()).toMatchObject([
      { name: "nightly", definition: { ScheduleExpression: "cron(30 5 ? * 2-6 *)" } },
    ]);
    expect(() => scheduler.fire("weekly")).toThrow("Schedule weekly does not exist.");
  });

  test("reports in its run that it could not start its target", async () => {
    const Arn = `${stateMachineArn}-gone`;
    await create({ Target: { ...target, Arn } });
    expect(scheduler.fire("nightly")).toMatchObject({ error: expect.stringContaining("Does Not Exist") });
  });
});

describe("the times of an expression", () => {
  /** The next `count` times after `from`, in UTC. */
  function times(expression: string, timezone: string, from: string, count: number): string[] {
    const parsed = parseExpression(expression, timezone);
    const found: string[] = [];
    let time: number | undefined = Date.parse(from);
    while (found.length < count) {
      time = parsed.next(time);
      if (time === undefined) break;
      found.push(new Date(time).toISOString().slice(0, 16));
    }
    return found;
  }

  test("number the days of the week from 1, Sunday", () => {
    const from = "2026-11-24T18:00:00Z";
    expect(times("cron(0 9 ? * 1 *)", "UTC", from, 2)).toEqual(["2026-11-29T09:00", "2026-12-06T09:00"]);
    expect(times("cron(0 9 ? * SAT *)", "UTC", from, 1)).toEqual(["2026-11-28T09:00"]);
    expect(times("cron(0 9 ? * 2#1 *)", "UTC", from, 2)).toEqual(["2026-12-07T09:00", "2027-01-04T09:00"]);
  });

  test("are in the zone's local time", () => {
    expect(times("cron(30 5 * * ? *)", "Asia/Kolkata", "2026-01-01T00:00:00Z", 2)).toEqual([
      "2026-01-02T00:00",
      "2026-01-03T00:00",
    ]);
  });

  test("skip the hour that the clock skips in spring", () => {
    expect(times("cron(30 2 * * ? *)", "Europe/Berlin", "2026-03-28T00:00:00Z", 2)).toEqual([
      "2026-03-28T01:30",
      "2026-03-30T00:30",
    ]);
  });

  test("count once if the clock shows them twice in autumn", () => {
    expect(times("cron(30 2 * * ? *)", "Europe/Berlin", "2026-10-24T12:00:00Z", 2)).toEqual([
      "2026-10-25T00:30",
      "2026-10-26T01:30",
    ]);
    // If the search starts within the repeated hour, the next time is after it.
    expect(times("cron(0/15 * * * ? *)", "America/New_York", "2026-11-01T06:05:00Z", 1)).toEqual([
      "2026-11-01T07:00",
    ]);
  });

  test("end if no time is left", () => {
    expect(times("cron(0 0 30 2 ? *)", "UTC", "2026-01-01T00:00:00Z", 1)).toEqual([]);
    expect(times("cron(0 0 1 1 ? 2027)", "UTC", "2026-01-01T00:00:00Z", 2)).toEqual(["2027-01-01T00:00"]);
  });
});
