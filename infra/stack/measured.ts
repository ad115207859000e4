import { Duration, Stack } from "aws-cdk-lib";
import { Metric } from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import type { MetricName } from "../../lambdas/model/metric.js";

/** A metric that the Lambdas measure. Its only dimension is `service`, which Powertools adds. */
export function measured(
  scope: Construct,
  metricName: MetricName,
  statistic: string,
  period = Duration.minutes(5),
): Metric {
  return new Metric({
    namespace: Stack.of(scope).stackName,
    metricName,
    dimensionsMap: { service: "coder-task-relay" },
    statistic,
    period,
    label: `${metricName} (${statistic})`,
  });
}
