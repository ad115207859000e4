import { Duration, Stack } from "aws-cdk-lib";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import { FilterPattern, type ILogGroup, MetricFilter } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";

export interface LogMetricProps {
  metricName: string;
  logGroups: readonly ILogGroup[];
  /** The text of the lines to count. */
  message: string;
  /** The field of the lines that holds this text. Default: `message`. */
  field?: string;
  /** Counts separately for each value of this field, which must have few values. */
  dimension?: string;
}

/**
 * Counts log lines in a metric of the stack. The returned function gives the metric for one value of the dimension, or
 * for all lines if there is no dimension.
 */
export function countLines(
  scope: Construct,
  { metricName, logGroups, message, field = "message", dimension }: LogMetricProps,
): (value?: string) => Metric {
  const metricNamespace = Stack.of(scope).stackName;
  for (const [index, logGroup] of logGroups.entries()) {
    new MetricFilter(scope, `${metricName}${index}`, {
      metricNamespace,
      metricName,
      logGroup,
      filterPattern: FilterPattern.stringValue(`$.${field}`, "=", message),
      ...(dimension && { dimensions: { [dimension]: `$.${dimension}` } }),
    });
  }
  return (value) =>
    new Metric({
      namespace: metricNamespace,
      metricName,
      statistic: "Sum",
      period: Duration.minutes(5),
      ...(dimension && value && { dimensionsMap: { [dimension]: value }, label: value }),
    });
}
