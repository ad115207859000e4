/** The message of the log line that the metric `Deliveries` counts by its `kind` (infra/stack/observability.ts). */
export const answered = "Delivery answered";
