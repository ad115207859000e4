import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetExecutionHistoryCommand, ListExecutionsCommand, SFNClient } from "@aws-sdk/client-sfn";
import { beforeAll, expect, test } from "@jest/globals";
import { mockClient } from "aws-sdk-client-mock";
import { relay } from "./support.js";

/** What CloudWatch has of a metric; two values are two days. */
function valuesOf({ MetricStat }: MetricDataQuery): number[] {
  const { MetricName, Dimensions: [dimension] = [] } = MetricStat?.Metric ?? {};
  const of = `${MetricName} ${dimension?.Value?.split(":").at(-1)}`;
  const known: Record<string, number[]> = {
    "ExecutionsStarted mine-create-task": [600, 400],
    "Invocations mine-create-task": [1_000_000],
    // A million seconds with 512 MB.
    "Duration mine-create-task": [1e9],
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
        // Two pages: a result's values may be on both.
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
  const stateMachineArn = "arn:aws:states:eu-west-1:123456789012:stateMachine:mine-create-task";
  const types = [
    "ExecutionStarted",
    ...[
      "TaskStateEntered",
      "TaskScheduled",
      "TaskFailed",
      "TaskScheduled",
      "TaskSucceeded",
      "TaskStateExited",
    ],
    ...["ChoiceStateEntered", "ChoiceStateExited", "SucceedStateEntered", "SucceedStateExited"],
    "ExecutionSucceeded",
  ];
  mockClient(SFNClient)
    .on(ListExecutionsCommand, { stateMachineArn })
    .resolves({
      executions: [
        { executionArn: "run", stateMachineArn, name: "run", startDate: new Date(), status: "SUCCEEDED" },
      ],
    })
    .on(GetExecutionHistoryCommand)
    .resolves({
      events: types.map((type, id) => ({ id, type: type as "TaskScheduled", timestamp: new Date() })),
    });
});

test("adds up runs, calls and capacity at the prices of AWS, by flow", async () => {
  const { code, json } = await relay(["cost", "--stack", "mine", "--days", "2", "--json"]);
  expect(code).toBe(0);
  expect(json()).toMatchObject({
    flows: expect.arrayContaining([
      // A task with one retry, a choice, an end.
      { flow: "create-task", runs: 1000, transitionsPerRun: 4, usd: expect.closeTo(0.1) },
      { flow: "delete-task", runs: 0, transitionsPerRun: 0, usd: 0 },
    ]),
    lambda: { calls: 1_000_000, gbSeconds: 500_000, usd: expect.closeTo(0.2 + 6.6667, 3) },
    table: { reads: 8e6, writes: 1.6e6, usd: expect.closeTo(2) },
    usd: expect.closeTo(0.1 + 6.8667 + 2, 3),
  });
});

test("is a table on a terminal, and says nothing of a system that costs nothing", async () => {
  const { out } = await relay(["cost", "--stack", "mine"], { typed: "" });
  expect(out).toMatch(/create-task +1000 +4000 +4\.0 +0\.1000\n[\s\S]*Together +8\.97 USD/);
  expect(await relay(["cost", "--local"])).toMatchObject({ code: 3 });
  expect(await relay(["cost", "--days", "0"])).toMatchObject({ code: 2 });
});
