import { Metrics } from "@aws-lambda-powertools/metrics";
import { type DimensionOf, type MetricName, metrics } from "../model/metric.js";
import { logContext } from "./log-context.js";

/** Its namespace is in the environment: POWERTOOLS_METRICS_NAMESPACE. */
const powertools = /* @__PURE__ */ new Metrics({ serviceName: "coder-task-relay" });

/**
 * Adds a value to a metric, by a log line in CloudWatch's embedded metric format. The line has the same context as other
 * log lines. It is written at once, so values count even if the invocation fails later.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function measure<Name extends MetricName>(
  name: Name,
  value: number,
  ...[dimension]: DimensionOf<Name>
): void {
  const spec: { unit: (typeof metrics)[Name]["unit"]; dimension?: string } = metrics[name];
  const line = powertools.singleMetric();
  if (spec.dimension && dimension) line.addDimension(spec.dimension, dimension);
  for (const [key, known] of Object.entries(logContext())) {
    if (known !== undefined) line.addMetadata(key, String(known));
  }
  line.addMetric(name, spec.unit, value);
}
