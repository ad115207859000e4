/**
 * The relay's own metrics. CloudWatch has them under the namespace of the stack's name, beside those that AWS keeps of its
 * services; docs/operations.md explains each.
 */

interface MetricSpec {
  unit: "Count" | "Milliseconds" | "Seconds";
  /** The name of its dimension: the metric has one series for each value, so there must be few. */
  dimension?: string;
}

export const metrics = {
  /** Coder's refusals and failures, by the name of the error. */
  CoderErrors: { unit: "Count", dimension: "Error" },
} as const satisfies Record<string, MetricSpec>;

export type MetricName = keyof typeof metrics;

/** What `measure` needs to be told besides the value: of a metric with a dimension, the value of that. */
export type DimensionOf<Name extends MetricName> = (typeof metrics)[Name] extends { dimension: string }
  ? [dimension: string]
  : [];
