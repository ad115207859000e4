/**
 * The relay's own metrics. In CloudWatch, their namespace is the stack's name; AWS's services publish theirs beside it.
 * docs/operations.md explains each.
 */

interface MetricSpec {
  unit: "Count" | "Milliseconds" | "Seconds";
  /** The name of its dimension. The metric has one series per value, so there must be few values. */
  dimension?: string;
}

export const metrics = {
  /** From the start of the flow, right after GitHub's delivery, until the work has its task. */
  TaskCreationTime: { unit: "Milliseconds" },
  /** From the put of a message's oldest input until the agent has the message. */
  InputDeliveryTime: { unit: "Milliseconds" },
  /** Inputs that are waiting for an agent that is not ready; at most 100. */
  InboxDepth: { unit: "Count" },
  /** The age of the oldest of these. */
  OldestInputAge: { unit: "Seconds" },
  /** How long the oldest input could not be sent although the agent was ready. */
  UnsentInputAge: { unit: "Seconds" },
  /** How many messages about failed runs an agent has received in a row when the next run fails. */
  CiRounds: { unit: "Count" },
  /** Coder tasks that were created and deleted. */
  TasksCreated: { unit: "Count" },
  TasksDeleted: { unit: "Count" },
  /** Pieces of work that want a task and have one. Each sweep through all repositories counts them. */
  TasksAlive: { unit: "Count" },
  /** Events that no webhook reported and for which a sweep started a flow. */
  ClosedGaps: { unit: "Count" },
  /** Requests that an installation may still send to GitHub until its limit is reset. */
  GitHubRateLimitLeft: { unit: "Count" },
  /** Requests that GitHub or Coder refused because of the App's key or the Coder token. */
  RefusedCredentials: { unit: "Count" },
  /** Requests that Coder rejected or failed, by the name of the error. */
  CoderErrors: { unit: "Count", dimension: "Error" },
  /** Deliveries that the receiver did not accept, each counted once. */
  LostDeliveries: { unit: "Count" },
  /** Lost deliveries that were accepted in the end. */
  Redeliveries: { unit: "Count" },
  /** Lost deliveries that are no longer retried. */
  DeliveriesGivenUp: { unit: "Count" },
  /** Runs that were redriven after an outage. */
  Redrives: { unit: "Count" },
} as const satisfies Record<string, MetricSpec>;

export type MetricName = keyof typeof metrics;

/** The further arguments of `measure`: for a metric with a dimension, the dimension's value. */
export type DimensionOf<Name extends MetricName> = (typeof metrics)[Name] extends { dimension: string }
  ? [dimension: string]
  : [];
