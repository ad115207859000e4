import type { CloudWatch } from "../aws/cloudwatch/cloudwatch.js";
import type { TableCall } from "../aws/dynamodb/dynamodb.js";

/** Reports to the local CloudWatch what AWS's services would report. */
export class Usage {
  constructor(
    private readonly cloudWatch: CloudWatch,
    private readonly tableName: string,
  ) {}

  /** Calls a Lambda, and counts the call and its time. */
  async call<Result>(functionName: string, work: () => Promise<Result>): Promise<Result> {
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      this.called(functionName, performance.now() - startedAt);
    }
  }

  /** Counts a call of a Lambda and its duration in milliseconds. */
  called(functionName: string, ms: number): void {
    const dimension = {
      Namespace: "AWS/Lambda",
      Dimensions: [{ Name: "FunctionName", Value: functionName }],
    };
    this.cloudWatch.count({ ...dimension, MetricName: "Invocations" }, 1);
    this.cloudWatch.count({ ...dimension, MetricName: "Duration" }, ms);
  }

  /** Counts the capacity that a request to the table consumed. */
  table({ operation, units }: TableCall): void {
    const isRead = /Get|Query|Scan/.test(operation);
    const MetricName = isRead ? "ConsumedReadCapacityUnits" : "ConsumedWriteCapacityUnits";
    const Dimensions = [{ Name: "TableName", Value: this.tableName }];
    this.cloudWatch.count({ Namespace: "AWS/DynamoDB", MetricName, Dimensions }, units);
  }
}
