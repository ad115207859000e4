import {
  CloudWatchClient,
  type Dimension,
  GetMetricDataCommand,
  type MetricDataQuery,
} from "@aws-sdk/client-cloudwatch";
import { flowNames } from "../../infra/definition/action-spec.js";
import { actionNames } from "../../infra/definition/actions.js";
import { type Deployment, flowArn, functionName } from "../deployment/deployment.js";

const daySeconds = 24 * 3600;

/** CloudWatch takes at most this many queries at once. */
const queriesAtOnce = 500;

type Query = Omit<MetricDataQuery, "Id">;

/**
 * CloudWatch's counts since a time. The keys are the name of each flow for its runs, `webhook calls` and `webhook ms` for
 * the calls and milliseconds of each Lambda, and `reads` and `writes` for the table's units.
 */
export async function metricSums(deployment: Deployment, since: Date): Promise<Map<string, number>> {
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
        for (const value of Values) sums.set(name, (sums.get(name) ?? 0) + value);
      }
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
  }
  return sums;
}

function metrics(deployment: Deployment): [name: string, query: Query][] {
  const table = { TableName: deployment.environment.TABLE_NAME ?? "" };
  return [
    ...flowNames.map((flow): [string, Query] => {
      const dimensions = { StateMachineArn: flowArn(deployment, flow) };
      return [flow, sumOf("AWS/States", "ExecutionsStarted", dimensions)];
    }),
    ...actionNames.flatMap((name): [string, Query][] => {
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

function sumOf(Namespace: string, MetricName: string, dimensions: Record<string, string>): Query {
  const Dimensions: Dimension[] = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  return { MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period: daySeconds, Stat: "Sum" } };
}
