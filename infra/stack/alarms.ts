import { Duration } from "aws-cdk-lib";
import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import { Alarm, type IMetric, MathExpression, Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import { type FlowName, flowNames } from "../definition/action-spec.js";
import { measured } from "./measured.js";

export interface AlarmSources {
  api: HttpApi;
  webhook: IFunction;
  stateMachines: Readonly<Record<FlowName, StateMachine>>;
  unreported: IQueue;
  /** Calls by Scheduler that failed, and failed runs of recurring Lambdas. */
  deadLetters: IQueue;
  /** The names of the groups of schedules. */
  scheduleGroups: readonly string[];
  /** Deliveries whose signature is missing or wrong. */
  badSignatures: IMetric;
  /** Deliveries that are signed with the previous secret a day after the rotation. */
  previousSecretUses: IMetric;
  topic: ITopic;
}

/**
 * The alarm that watches each flow, of which CloudWatch allows five for one. A failed drain means that people's messages
 * don't reach an agent; the failure of a flow that only watches loses none.
 */
const alarmOf: Readonly<Record<FlowName, "FlowsFailing" | "WatchersFailing" | "DrainFailed">> = {
  "create-task": "FlowsFailing",
  "delete-task": "FlowsFailing",
  "forward-comment": "FlowsFailing",
  "relay-failure": "FlowsFailing",
  "sync-repo-config": "FlowsFailing",
  "follow-task": "WatchersFailing",
  "watch-pulls": "WatchersFailing",
  "track-pull": "WatchersFailing",
  "drain-inbox": "DrainFailed",
};

/** The alarms of the relay, each with the description that operators read when it fires. */
export function addAlarms(scope: Construct, sources: AlarmSources): void {
  const { api, webhook, stateMachines, unreported, deadLetters, scheduleGroups, topic } = sources;
  const action = new SnsAction(topic);
  const alarm = (id: string, metric: IMetric, threshold: number, description: string) =>
    new Alarm(scope, id, {
      metric,
      threshold,
      alarmDescription: `${description} See docs/operations.md#${id.toLowerCase()}.`,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(action);
  const watchedBy = (id: (typeof alarmOf)[FlowName]) =>
    flowNames.filter((name) => alarmOf[name] === id).map((name) => stateMachines[name]);

  alarm(
    "WebhookErrors",
    webhook.metricErrors({ period: Duration.minutes(5) }),
    1,
    "The Lambda webhook crashed or ran out of time: the Lambda redeliver brings the lost deliveries back. See its log group.",
  );
  alarm(
    "WebhookServerErrors",
    api.metricServerError({ period: Duration.minutes(5), statistic: "Sum" }),
    1,
    "GitHub was answered with 5xx: a secret could not be read or a flow could not be started. The Lambda redeliver brings the deliveries back.",
  );
  // Each failed execution is reported by itself; these two are for a common cause.
  alarm(
    "FlowsFailing",
    failedExecutions(watchedBy("FlowsFailing"), Duration.minutes(15)),
    5,
    "Five or more flows, drains and watchers aside, failed or timed out within 15 minutes: Coder or GitHub may be down, or a token has expired. Fix the cause, then redrive the executions.",
  );
  alarm(
    "WatchersFailing",
    failedExecutions(watchedBy("WatchersFailing"), Duration.minutes(15)),
    5,
    "Five or more flows that only watch failed or timed out within 15 minutes: status comments may be out of date and conflicts untold. Fix the cause, then redrive the executions.",
  );
  alarm(
    "DrainFailed",
    failedExecutions(watchedBy("DrainFailed"), Duration.minutes(5)),
    1,
    "A drain failed or timed out: its inputs wait in the inbox for eight days. Fix the error that the execution names, then redrive it. The next comment on the task also starts a new drain.",
  );
  alarm(
    "FailuresUnreported",
    waitingIn(unreported),
    1,
    "A failure could not be reported on its issue or to the failure topic: its event waits for 14 days in the queue of the stack output UnreportedFailuresUrl.",
  );
  alarm(
    "InputsUnsent",
    measured(scope, "UnsentInputAge", "Maximum"),
    30 * 60,
    "An input has waited for 30 minutes or more although its agent is ready: the relay cannot send it.",
  );
  alarm(
    "CredentialsRefused",
    measured(scope, "RefusedCredentials", "Sum"),
    1,
    "GitHub refused the App's key, or Coder its token: nothing works until the secret holds a valid one.",
  );
  alarm(
    "BadSignatures",
    sources.badSignatures,
    20,
    "Twenty or more deliveries within five minutes had no signature or a wrong one: the webhook secret may differ from the App's, or somebody else calls the webhook.",
  );
  alarm(
    "PreviousSecretUsed",
    sources.previousSecretUses,
    1,
    "GitHub still signs with the previous webhook secret a day after the rotation: the next rotation would cut it off.",
  );
  alarm(
    "DeliveriesLost",
    measured(scope, "LostDeliveries", "Sum", Duration.minutes(15)),
    10,
    "Ten or more deliveries were not accepted within 15 minutes: the webhook URL may be out of reach. They are redelivered once it answers.",
  );
  alarm(
    "DeliveriesGivenUp",
    measured(scope, "DeliveriesGivenUp", "Sum"),
    1,
    "A lost delivery was redelivered five times in vain, or GitHub does not keep it any more. The log of the Lambda redeliver names it.",
  );
  alarm(
    "DeadLetters",
    waitingIn(deadLetters),
    1,
    "A scheduled job could not be started, or a run of a recurring Lambda failed: the message waits for 14 days in the queue of the stack output DeadLettersUrl.",
  );
  alarm(
    "ScheduledCallsDropped",
    ofScheduler(scheduleGroups, "InvocationDroppedCount"),
    1,
    "EventBridge Scheduler gave up a call after its retries.",
  );
  alarm(
    "ScheduledCallsFailing",
    ofScheduler(scheduleGroups, "TargetErrorCount"),
    3,
    "Step Functions or Lambda refused three or more calls of EventBridge Scheduler within five minutes.",
  );
}

function waitingIn(queue: IQueue): IMetric {
  return queue.metricApproximateNumberOfMessagesVisible({
    period: Duration.minutes(5),
    statistic: "Maximum",
  });
}

/**
 * A metric of EventBridge Scheduler, over all groups:
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html
 */
function ofScheduler(groups: readonly string[], metricName: string): IMetric {
  const period = Duration.minutes(5);
  const metrics = groups.map(
    (ScheduleGroup) =>
      new Metric({
        namespace: "AWS/Scheduler",
        metricName,
        dimensionsMap: { ScheduleGroup },
        statistic: "Sum",
        period,
      }),
  );
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  return new MathExpression({ expression: "SUM(METRICS())", usingMetrics, period, label: metricName });
}

/**
 * Executions that failed or timed out. An alarm takes at most ten metrics, which allows five machines. The errors with
 * which a state polls are retried within an execution, so they are not counted here.
 */
function failedExecutions(stateMachines: readonly StateMachine[], period: Duration): IMetric {
  const metrics = stateMachines.flatMap((machine) => [
    machine.metricFailed({ period }),
    machine.metricTimedOut({ period }),
  ]);
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  return new MathExpression({ expression: "SUM(METRICS())", usingMetrics, period, label: "Failed flows" });
}
