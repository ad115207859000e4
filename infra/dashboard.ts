import { Duration, Stack } from "aws-cdk-lib";
import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import { Dashboard, GraphWidget } from "aws-cdk-lib/aws-cloudwatch";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";

export interface DashboardSources {
  api: HttpApi;
  webhook: IFunction;
  stateMachines: readonly StateMachine[];
}

/** One page with the relay's pulse: what comes in, how fast it is answered, how the flows end. */
export function addDashboard(scope: Construct, { api, webhook, stateMachines }: DashboardSources): Dashboard {
  const sum = { period: Duration.minutes(5), statistic: "Sum" };
  const p95 = { period: Duration.minutes(5), statistic: "p95" };
  const flows = (
    title: string,
    metric: (machine: StateMachine) => ReturnType<StateMachine["metricFailed"]>,
  ) => new GraphWidget({ title, width: 6, left: stateMachines.map(metric) });
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
      [
        flows("Flows started", (machine) => machine.metricStarted(sum)),
        flows("Flows succeeded", (machine) => machine.metricSucceeded(sum)),
        flows("Flows failed", (machine) => machine.metricFailed(sum)),
        flows("Flows timed out", (machine) => machine.metricTimedOut(sum)),
      ],
    ],
  });
}
