import { Duration, Stack } from "aws-cdk-lib";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import { FilterPattern, type ILogGroup, MetricFilter } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";

export interface LogMetricProps {
  metricName: string;
  logGroups: readonly ILogGroup[];
  /** The text of the lines to count. */
  message: string;
  /** The lines' field that holds it. Default: `message`. */
  field?: string;
  /** Counts apart by this field of the lines, which must have few values. */
  dimension?: string;
}

/**
 * Counts log lines in a metric of the stack. Returns the metric of one value of the dimension, or of all lines if there is
 * none.
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
