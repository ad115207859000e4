import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListExecutionsCommand,
  SFNClient,
} from "@aws-sdk/client-sfn";
import { beforeAll, expect, test } from "@jest/globals";
import { mockClient } from "../mock-client.js";
import { relay } from "./support.js";

/** CloudWatch's values of a metric. Two values stand for two days. */
function valuesOf({ MetricStat }: MetricDataQuery): number[] {
  const { MetricName, Dimensions: [dimension] = [] } = MetricStat?.Metric ?? {};
  const of = `${MetricName} ${dimension?.Value?.split(":").at(-1)}`;
  const known: Record<string, number[]> = {
    "ExecutionsStarted mine-create-task": [600, 400],
    // Two calls of each run; each took a second with 512 MB.
    "Invocations mine-claim-work": [2002],
    "Duration mine-claim-work": [2_002_000],
    "Invocations mine-webhook": [1_000_000],
    "Duration mine-webhook": [1e9],
    "ConsumedReadCapacityUnits table": [8e6],
    "ConsumedWriteCapacityUnits table": [1.6e6],
  };
  return known[of] ?? [];
}

beforeAll(() => {
  const StackId = "arn:aws:cloudformation:eu-west-1:123456789012:stack/mine/0b1f";
  const stack = {
    StackName: "mine",
    StackId,
    CreationTime: new Date(),
    StackStatus: "CREATE_COMPLETE" as const,
  };
  mockClient(CloudFormationClient)
    .on(DescribeStacksCommand)
    .resolves({ Stacks: [stack] });
  mockClient(LambdaClient)
    .on(GetFunctionConfigurationCommand)
    .resolves({ Environment: { Variables: { TABLE_NAME: "table" } } });
  mockClient(CloudWatchClient)
    .on(GetMetricDataCommand)
    .callsFake(
      ({ MetricDataQueries, NextToken }: { MetricDataQueries: MetricDataQuery[]; NextToken?: string }) => {
        // Two pages, because the values of one result may be spread over both.
        const part = (values: number[]) => (NextToken ? values.slice(1) : values.slice(0, 1));
        return {
          MetricDataResults: MetricDataQueries.map((query) => ({
            Id: query.Id,
            Values: part(valuesOf(query)),
          })),
          ...(!NextToken && { NextToken: "more" }),
        };
      },
    );
  const machine = "arn:aws:states:eu-west-1:123456789012:stateMachine:mine-";
  const run = (startDate: Date) => ({
    executionArn: "run",
    stateMachineArn: machine,
    name: "run",
    startDate,
    stopDate: startDate,
    status: "SUCCEEDED" as const,
  });
  const [now, lately] = [new Date(), new Date(Date.now() - 40 * 24 * 3_600_000)];
  mockClient(SFNClient)
    .on(ListExecutionsCommand)
    .resolves({ executions: [] })
    .on(ListExecutionsCommand, { stateMachineArn: `${machine}create-task` })
    .resolves({ executions: [run(now)], nextToken: "more" })
    .on(ListExecutionsCommand, { stateMachineArn: `${machine}delete-task` })
    .resolves({ executions: [run(now), run(lately)], nextToken: "more" })
    .on(GetExecutionHistoryCommand)
    .resolves({
      events: [
        event("ExecutionStarted"),
        event("TaskStateEntered", "Claim work"),
        ...["TaskScheduled", "TaskFailed", "TaskScheduled", "TaskSucceeded", "TaskStateExited"].map((type) =>
          event(type),
        ),
        event("ChoiceStateEntered", "Was it refused?"),
        event("SucceedStateEntered", "Done"),
        event("ExecutionSucceeded"),
      ],
    });
});

function event(type: string, name?: string): HistoryEvent {
  const entered = name === undefined ? {} : { stateEnteredEventDetails: { name } };
  return { id: 1, type: type as "TaskScheduled", timestamp: new Date(), ...entered };
}

test("adds up transitions, Lambda and capacity at the prices of AWS, by flow", async () => {
  const { code, json } = await relay(["cost", "--stack", "mine", "--days", "30", "--json"]);
  expect(code).toBe(0);
  expect(json()).toMatchObject({
    flows: expect.arrayContaining([
      // A task with one retry, a choice, an end.
      {
        flow: "create-task",
        runs: 1000,
        transitions: 4000,
        lambda: { calls: expect.closeTo(2000), gbSeconds: expect.closeTo(1000) },
        usd: expect.closeTo(0.1 + 0.0137, 4),
        isMeasured: false,
      },
      {
        flow: "delete-task",
        runs: 1,
        transitions: 4,
        lambda: { calls: expect.closeTo(2), gbSeconds: expect.closeTo(1) },
        usd: expect.closeTo(0.0001, 4),
        isMeasured: true,
      },
    ]),
    other: { calls: 1_000_000, gbSeconds: 500_000, usd: expect.closeTo(0.2 + 6.6667, 3) },
    table: { reads: 8e6, writes: 1.6e6, usd: expect.closeTo(2) },
    usd: expect.closeTo(0.1138 + 6.8667 + 2, 3),
  });
});

test("prints a table that marks estimates, for a stack or a running local system", async () => {
  const { out } = await relay(["cost", "--stack", "mine"], { typed: "" });
  expect(out).toMatch(/create-task +1000 +~4000 +~2000 +~1000\.0 +0\.1137\n[\s\S]*Together +8\.98 USD/);
  expect(out).toMatch(
    /delete-task +1 +4 +2 +1\.0 +0\.0001\n[\s\S]*~ is estimated from the flow's newest 50 runs/,
  );
  process.env.LOCAL_STATE_DIR = "nowhere";
  expect(await relay(["cost", "--local"])).toMatchObject({ code: 3 });
  expect(await relay(["cost", "--days", "0"])).toMatchObject({ code: 2 });
});
