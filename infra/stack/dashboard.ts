import { Duration, Stack } from "aws-cdk-lib";
import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import {
  Dashboard,
  GraphWidget,
  type IMetric,
  type Metric,
  type MetricOptions,
} from "aws-cdk-lib/aws-cloudwatch";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import type { FlowName } from "../definition/actions.js";

export interface DashboardSources {
  api: HttpApi;
  webhook: IFunction;
  /** Posts that GitHub refused. */
  refusedPosts: IMetric;
  stateMachines: Readonly<Record<FlowName, StateMachine>>;
}

/** One page: deliveries, the time to answer them, and the outcomes of the flows. */
export function addDashboard(
  scope: Construct,
  { api, webhook, refusedPosts, stateMachines }: DashboardSources,
): Dashboard {
  const sum = { period: Duration.minutes(5), statistic: "Sum" };
  const p95 = { period: Duration.minutes(5), statistic: "p95" };
  const flows = (title: string, metric: (machine: StateMachine, options: MetricOptions) => Metric) =>
    new GraphWidget({
      title,
      width: 6,
      left: Object.entries(stateMachines).map(([label, machine]) => metric(machine, { ...sum, label })),
    });
  return new Dashboard(scope, "Dashboard", {
    dashboardName: Stack.of(scope).stackName,
    widgets: [
      [
        new GraphWidget({
          title: "Deliveries",
          width: 12,
          left: [api.metricCount(sum), api.metricClientError(sum), api.metricServerError(sum)],
        }),
        new GraphWidget({
          title: "Time to answer (p95)",
          width: 12,
          left: [api.metricLatency(p95), webhook.metricDuration(p95)],
        }),
      ],
      [new GraphWidget({ title: "Refused by GitHub", width: 24, height: 3, left: [refusedPosts] })],
      [
        flows("Flows started", (machine, options) => machine.metricStarted(options)),
        flows("Flows succeeded", (machine, options) => machine.metricSucceeded(options)),
        flows("Flows failed", (machine, options) => machine.metricFailed(options)),
        flows("Flows timed out", (machine, options) => machine.metricTimedOut(options)),
      ],
    ],
  });
}
