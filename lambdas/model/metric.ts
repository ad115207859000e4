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
  /** From the start of a flow, when GitHub's delivery has come, until the work has its task. */
  TaskCreationTime: { unit: "Milliseconds" },
  /** From the put of the oldest input of a message until the agent has the message. */
  InputDeliveryTime: { unit: "Milliseconds" },
  /** Inputs that wait for an agent that is not ready, 100 at most. */
  InboxDepth: { unit: "Count" },
  /** The age of the oldest of these. */
  OldestInputAge: { unit: "Seconds" },
  /** How long the oldest input has waited for an agent that was ready, if it could not be sent. */
  UnsentInputAge: { unit: "Seconds" },
  /** How many messages about failed runs in a row an agent has got when the next run fails. */
  CiRounds: { unit: "Count" },
  /** Coder tasks that were created, and that were deleted. */
  TasksCreated: { unit: "Count" },
  TasksDeleted: { unit: "Count" },
  /** Pieces of work that want a task and have one: counted by each sweep through all repositories. */
  TasksAlive: { unit: "Count" },
  /** What no webhook has told, and a flow was started for. */
  ClosedGaps: { unit: "Count" },
  /** Requests that GitHub still allows an installation until its limit is reset. */
  GitHubRateLimitLeft: { unit: "Count" },
  /** Requests that GitHub or Coder refused because of the App's key or the Coder token. */
  RefusedCredentials: { unit: "Count" },
  /** Coder's refusals and failures, by the name of the error. */
  CoderErrors: { unit: "Count", dimension: "Error" },
  /** Deliveries that the receiver did not accept, each once. */
  LostDeliveries: { unit: "Count" },
  /** Lost deliveries that were accepted in the end. */
  Redeliveries: { unit: "Count" },
  /** Lost deliveries that are not tried any more. */
  DeliveriesGivenUp: { unit: "Count" },
  /** Runs that were redriven after an outage. */
  Redrives: { unit: "Count" },
} as const satisfies Record<string, MetricSpec>;

export type MetricName = keyof typeof metrics;

/** What `measure` needs to be told besides the value: of a metric with a dimension, the value of that. */
export type DimensionOf<Name extends MetricName> = (typeof metrics)[Name] extends { dimension: string }
  ? [dimension: string]
  : [];
