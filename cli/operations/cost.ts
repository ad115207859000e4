import {
  CloudWatchClient,
  type Dimension,
  GetMetricDataCommand,
  type MetricDataQuery,
} from "@aws-sdk/client-cloudwatch";
import { GetExecutionHistoryCommand, ListExecutionsCommand } from "@aws-sdk/client-sfn";
import { flowNames } from "../../infra/definition/action-spec.js";
import { type ActionName, actionNames, actions } from "../../infra/definition/actions.js";
import { inParallel } from "../../lambdas/inbox/input-items.js";
import { type Deployment, flowArn, functionName } from "../deployment/deployment.js";
import { stepFunctions } from "./clients.js";

/** Prices of us-east-1 in USD; those of other regions differ by a few percent. Free tiers are not deducted. */
export const prices = {
  /** https://aws.amazon.com/step-functions/pricing */
  transition: 0.025 / 1000,
  /** https://aws.amazon.com/lambda/pricing, on Arm */
  lambdaCall: 0.2 / 1e6,
  lambdaGbSecond: 0.0000133334,
  /** https://aws.amazon.com/dynamodb/pricing/on-demand */
  readUnit: 0.125 / 1e6,
  writeUnit: 0.625 / 1e6,
};

export interface FlowCost {
  flow: string;
  runs: number;
  /** On average of the newest runs. */
  transitionsPerRun: number;
  usd: number;
}

export interface Cost {
  since: Date;
  flows: FlowCost[];
  lambda: { calls: number; gbSeconds: number; usd: number };
  table: { reads: number; writes: number; usd: number };
  usd: number;
}

const daySeconds = 24 * 3600;

/** CloudWatch takes at most this many queries at once. */
const queriesAtOnce = 500;

/** Runs of a flow whose histories are counted. */
const sampled = 20;

/**
 * What the relay has cost since a time: the greater part of the bill. CloudWatch counts runs, calls and capacity. The
 * transitions of a run are those of the newest runs' histories, because CloudWatch counts them for a whole account only.
 */
export async function costSince(deployment: Deployment, since: Date): Promise<Cost> {
  const sums = await sumsSince(deployment, since);
  const flows = await inParallel(flowNames, async (flow): Promise<FlowCost> => {
    const runs = sums.get(flow) ?? 0;
    const transitionsPerRun = runs === 0 ? 0 : await averageTransitions(deployment, flow);
    return { flow, runs, transitionsPerRun, usd: runs * transitionsPerRun * prices.transition };
  });
  const calls = total(actionNames.map((name) => sums.get(`${name} calls`) ?? 0));
  const gbSeconds = total(actionNames.map((name) => gigabyteSeconds(name, sums.get(`${name} ms`) ?? 0)));
  const lambda = { calls, gbSeconds, usd: calls * prices.lambdaCall + gbSeconds * prices.lambdaGbSecond };
  const [reads, writes] = [sums.get("reads") ?? 0, sums.get("writes") ?? 0];
  const table = { reads, writes, usd: reads * prices.readUnit + writes * prices.writeUnit };
  return { since, flows, lambda, table, usd: total(flows.map(({ usd }) => usd)) + lambda.usd + table.usd };
}

function gigabyteSeconds(name: ActionName, ms: number): number {
  return (ms / 1000) * (actions[name].memoryMb / 1024);
}

/** The sums of all metrics, by what they count. */
async function sumsSince(deployment: Deployment, since: Date): Promise<Map<string, number>> {
  const counted = metrics(deployment);
  const queries = counted.map(([, query], index): MetricDataQuery => ({ ...query, Id: `m${index}` }));
  const client = new CloudWatchClient({});
  const sums = new Map<string, number>();
  for (let first = 0; first < queries.length; first += queriesAtOnce) {
    const MetricDataQueries = queries.slice(first, first + queriesAtOnce);
    let NextToken: string | undefined;
    do {
      const time = { StartTime: since, EndTime: new Date() };
      const page = await client.send(new GetMetricDataCommand({ MetricDataQueries, ...time, NextToken }));
      for (const { Id = "", Values = [] } of page.MetricDataResults ?? []) {
        const [name = ""] = counted[Number(Id.slice(1))] ?? [];
        sums.set(name, (sums.get(name) ?? 0) + total(Values));
      }
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
  }
  return sums;
}

function metrics(deployment: Deployment): [name: string, query: Omit<MetricDataQuery, "Id">][] {
  const table = { TableName: deployment.environment.TABLE_NAME ?? "" };
  return [
    ...flowNames.map((flow): [string, Omit<MetricDataQuery, "Id">] => {
      const dimensions = { StateMachineArn: flowArn(deployment, flow) };
      return [flow, sumOf("AWS/States", "ExecutionsStarted", dimensions)];
    }),
    ...actionNames.flatMap((name): [string, Omit<MetricDataQuery, "Id">][] => {
      const dimensions = { FunctionName: functionName(deployment, name) };
      return [
        [`${name} calls`, sumOf("AWS/Lambda", "Invocations", dimensions)],
        [`${name} ms`, sumOf("AWS/Lambda", "Duration", dimensions)],
      ];
    }),
    ["reads", sumOf("AWS/DynamoDB", "ConsumedReadCapacityUnits", table)],
    ["writes", sumOf("AWS/DynamoDB", "ConsumedWriteCapacityUnits", table)],
  ];
}

function sumOf(Namespace: string, MetricName: string, dimensions: Record<string, string>) {
  const Dimensions: Dimension[] = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  return { MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period: daySeconds, Stat: "Sum" } };
}

async function averageTransitions(deployment: Deployment, flow: string): Promise<number> {
  const query = { stateMachineArn: flowArn(deployment, flow), maxResults: sampled };
  const { executions = [] } = await stepFunctions.send(new ListExecutionsCommand(query));
  const counts = await inParallel(executions, ({ executionArn }) => transitionsOf(executionArn));
  return counts.length === 0 ? 0 : total(counts) / counts.length;
}

/** A transition is a state that is entered, or a retry, which the history shows as another schedule of the task. */
async function transitionsOf(executionArn: string | undefined): Promise<number> {
  let count = 0;
  let nextToken: string | undefined;
  do {
    const command = new GetExecutionHistoryCommand({ executionArn, includeExecutionData: false, nextToken });
    const page = await stepFunctions.send(command);
    const types = (page.events ?? []).map(({ type = "" }) => type);
    count += types.filter((type) => type.endsWith("StateEntered") && type !== "TaskStateEntered").length;
    count += types.filter((type) => type === "TaskScheduled").length;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return count;
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}
