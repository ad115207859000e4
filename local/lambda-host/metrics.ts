/** One value of a metric. */
export interface MetricValue {
  namespace: string;
  name: string;
  unit: string;
  dimensions: Record<string, string>;
  value: number;
}

interface EmbeddedMetrics {
  [field: string]: unknown;
  _aws: {
    CloudWatchMetrics: {
      Namespace: string;
      /** Sets of fields whose values are the dimensions. */
      Dimensions: string[][];
      Metrics: { Name: string; Unit: string }[];
    }[];
  };
}

/**
 * The metrics that CloudWatch would read from a log line, as Powertools writes it; none for other lines.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function metricsIn(line: string): MetricValue[] {
  if (!line.startsWith('{"_aws":')) return [];
  const fields: EmbeddedMetrics = JSON.parse(line);
  return fields._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name, Unit }) =>
      Dimensions.map((names) => ({
        namespace: Namespace,
        name: Name,
        unit: Unit,
        dimensions: Object.fromEntries(names.map((name) => [name, String(fields[name])])),
        value: Number(fields[Name]),
      })),
    ),
  );
}
