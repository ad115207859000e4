import { ListSchedulesCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { expect, test } from "@jest/globals";
import { recurring } from "../../cli/doctor/recurring.js";
import { recurringActions } from "../../infra/definition/actions.js";
import { mockClient } from "../mock-client.js";

const scheduler = mockClient(SchedulerClient);

const deployment = {
  title: "the stack mine in eu-west-1",
  isLocal: false,
  region: "eu-west-1",
  stackName: "mine",
  account: "123456789012",
  partition: "aws",
  outputs: {},
  environment: {},
};

const schedules = recurringActions.map(({ name: Name }) => ({ Name, State: "ENABLED" as const }));

test("doctor finds the relay's own schedules in AWS", async () => {
  scheduler.on(ListSchedulesCommand, { GroupName: "mine-recurring" }).resolves({ Schedules: schedules });
  expect(await recurring.run(deployment)).toMatchObject([{ verdict: "ok" }]);
});

test("doctor names those of them that are disabled, and those that are missing", async () => {
  const [first, second, ...others] = schedules;
  scheduler.on(ListSchedulesCommand).resolves({ Schedules: [{ ...first, State: "DISABLED" }, ...others] });
  expect(await recurring.run(deployment)).toEqual([
    expect.objectContaining({
      verdict: "fault",
      message: `the schedule of λ ${first?.Name} is disabled`,
      remedy: expect.stringContaining("Enable it"),
    }),
    expect.objectContaining({
      verdict: "fault",
      message: `the schedule of λ ${second?.Name} is missing`,
      remedy: expect.stringMatching(/group mine-recurring .*: rate\(\d+ minutes?\)/),
    }),
  ]);
});
