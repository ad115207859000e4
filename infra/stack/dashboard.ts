import { Duration, Stack } from "aws-cdk-lib";
import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import {
  Dashboard,
  GraphWidget,
  type GraphWidgetProps,
  type IMetric,
  LogQueryWidget,
  MathExpression,
  type Metric,
  type MetricOptions,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import { type MetricName, metrics } from "../../lambdas/model/metric.js";
import type { Outcome } from "../../lambdas/webhook/answer.js";
import { answered } from "../../lambdas/webhook/answered.js";
import type { FlowName } from "../definition/action-spec.js";
import { measured } from "./measured.js";

export interface DashboardSources {
  api: HttpApi;
  webhook: LambdaFunction;
  /** Counts deliveries with this kind of outcome. */
  deliveries: (kind: Outcome["kind"]) => IMetric;
  /** Counts posts that GitHub rejected. */
  refusedPosts: IMetric;
  stateMachines: Readonly<Record<FlowName, StateMachine>>;
}

const outcomes: readonly Outcome["kind"][] = [
  "accepted",
  "duplicate",
  "skipped",
  "ping",
  "rejected",
  "failed",
];

const period = Duration.minutes(5);
const sum = { period, statistic: "Sum" };
const p95 = { period, statistic: "p95" };

/** A dashboard with deliveries, durations, waiting inputs, the services, and the outcomes of the flows. */
export function addDashboard(scope: Construct, sources: DashboardSources): Dashboard {
  const { api, webhook, deliveries, refusedPosts, stateMachines } = sources;
  const namespace = Stack.of(scope).stackName;
  const ours = (metricName: MetricName, statistic: string) => measured(scope, metricName, statistic);
  const graph = (title: string, left: IMetric[], more: GraphWidgetProps = {}) =>
    new GraphWidget({ title, width: 6, left, ...more });
  const flows = (title: string, metric: (machine: StateMachine, options: MetricOptions) => Metric) =>
    graph(
      title,
      Object.entries(stateMachines).map(([label, machine]) => metric(machine, { ...sum, label })),
    );
  return new Dashboard(scope, "Dashboard", {
    dashboardName: namespace,
    widgets: [
      [
        graph("Deliveries", [api.metricCount(sum), api.metricClientError(sum), api.metricServerError(sum)]),
        graph("Deliveries by outcome", outcomes.map(deliveries), {
          right: [
            ours("LostDeliveries", "Sum"),
            ours("Redeliveries", "Sum"),
            ours("ClosedGaps", "Sum"),
            ours("DeliveriesGivenUp", "Sum"),
            ours("Redrives", "Sum"),
          ],
        }),
        graph("Time to answer (p95)", [api.metricLatency(p95), webhook.metricDuration(p95)]),
        graph("Refused by GitHub", [refusedPosts]),
      ],
      [
        graph("Time to a task", [ours("TaskCreationTime", "p50"), ours("TaskCreationTime", "p95")]),
        graph("Time to deliver an input", [
          ours("InputDeliveryTime", "p50"),
          ours("InputDeliveryTime", "p95"),
        ]),
        graph("Waiting for agents", [ours("InboxDepth", "Maximum")], {
          right: [ours("OldestInputAge", "Maximum"), ours("UnsentInputAge", "Maximum")],
        }),
        graph("CI rounds", [ours("CiRounds", "Maximum")]),
      ],
      [
        graph("Tasks", [ours("TasksCreated", "Sum"), ours("TasksDeleted", "Sum")]),
        graph("Tasks alive", [measured(scope, "TasksAlive", "Maximum", Duration.hours(1))]),
        graph("Coder's errors", [errorsByKind(namespace)], { right: [ours("RefusedCredentials", "Sum")] }),
        graph("GitHub's rate limit left", [ours("GitHubRateLimitLeft", "Minimum")]),
      ],
      [
        flows("Flows started", (machine, options) => machine.metricStarted(options)),
        flows("Flows succeeded", (machine, options) => machine.metricSucceeded(options)),
        flows("Flows failed", (machine, options) => machine.metricFailed(options)),
        flows("Flows timed out", (machine, options) => machine.metricTimedOut(options)),
      ],
      [
        new LogQueryWidget({
          title: "Deliveries by reason",
          width: 24,
          logGroupNames: [webhook.logGroup.logGroupName],
          queryLines: [
            `filter message = "${answered}"`,
            "stats count(*) as deliveries by kind, coalesce(reason, error, '') as why",
            "sort deliveries desc",
          ],
        }),
      ],
    ],
  });
}

function errorsByKind(namespace: string): MathExpression {
  const schema = [namespace, "service", metrics.CoderErrors.dimension].join(",");
  return new MathExpression({
    expression: `SEARCH('{${schema}} MetricName="CoderErrors"', 'Sum', ${period.toSeconds()})`,
    label: "",
    period,
  });
}
