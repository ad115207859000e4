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
  /** Holds failed calls by Scheduler and failed runs of recurring Lambdas. */
  deadLetters: IQueue;
  /** The names of the groups of schedules. */
  scheduleGroups: readonly string[];
  /** Counts deliveries whose signature is missing or wrong. */
  badSignatures: IMetric;
  /** Counts deliveries that are still signed with the previous secret a day after the rotation. */
  previousSecretUses: IMetric;
  topic: ITopic;
}

/**
 * The alarm that watches each flow. CloudWatch allows five flows per alarm. A failed drain means that people's messages
 * don't reach an agent; if a flow that only watches fails, no message is lost.
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

/** Adds the relay's alarms. Operators read an alarm's description when it fires. */
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
    "The Lambda webhook crashed or ran out of time. The Lambda redeliver has the lost deliveries sent again. See the log group of webhook.",
  );
  alarm(
    "WebhookServerErrors",
    api.metricServerError({ period: Duration.minutes(5), statistic: "Sum" }),
    1,
    "GitHub got a 5xx because a secret could not be read or a flow could not be started. The Lambda redeliver has the deliveries sent again.",
  );
  // Each failed execution is also reported on its own. These two detect a common cause.
  alarm(
    "FlowsFailing",
    failedExecutions(watchedBy("FlowsFailing"), Duration.minutes(15)),
    5,
    "Five or more flows (not counting drains and watchers) failed or timed out within 15 minutes: Coder or GitHub may be down, or a token may have expired. Fix the cause, then redrive the executions.",
  );
  alarm(
    "WatchersFailing",
    failedExecutions(watchedBy("WatchersFailing"), Duration.minutes(15)),
    5,
    "Five or more flows that only watch failed or timed out within 15 minutes: status comments may be out of date, and agents may not know of conflicts. Fix the cause, then redrive the executions.",
  );
  alarm(
    "DrainFailed",
    failedExecutions(watchedBy("DrainFailed"), Duration.minutes(5)),
    1,
    "A drain failed or timed out. Its inputs stay in the inbox for eight days. Fix the error that the execution names, then redrive it. The next comment on the task also starts a new drain.",
  );
  alarm(
    "FailuresUnreported",
    waitingIn(unreported),
    1,
    "A failure could not be reported on its issue or to the failure topic. Its event stays in the queue of the stack output UnreportedFailuresUrl for 14 days.",
  );
  alarm(
    "InputsUnsent",
    measured(scope, "UnsentInputAge", "Maximum"),
    30 * 60,
    "The relay has been unable to send an input for 30 minutes or more, although the agent is ready.",
  );
  alarm(
    "CredentialsRefused",
    measured(scope, "RefusedCredentials", "Sum"),
    1,
    "GitHub rejected the App's key, or Coder rejected its token. Nothing works until the secret holds a valid one.",
  );
  alarm(
    "BadSignatures",
    sources.badSignatures,
    20,
    "Twenty or more deliveries within five minutes had no signature or a wrong one: the webhook secret may differ from the App's, or somebody else is calling the webhook.",
  );
  alarm(
    "PreviousSecretUsed",
    sources.previousSecretUses,
    1,
    "GitHub still signs with the previous webhook secret a day after the rotation. After the next rotation, its deliveries would be rejected.",
  );
  alarm(
    "DeliveriesLost",
    measured(scope, "LostDeliveries", "Sum", Duration.minutes(15)),
    10,
    "Ten or more deliveries were not accepted within 15 minutes: the webhook URL may be unreachable. They are redelivered once it answers.",
  );
  alarm(
    "DeliveriesGivenUp",
    measured(scope, "DeliveriesGivenUp", "Sum"),
    1,
    "A lost delivery was redelivered five times without success, or GitHub no longer has it. The log of the Lambda redeliver names it.",
  );
  alarm(
    "DeadLetters",
    waitingIn(deadLetters),
    1,
    "A scheduled job could not be started, or a run of a recurring Lambda failed. The message stays in the queue of the stack output DeadLettersUrl for 14 days.",
  );
  alarm(
    "ScheduledCallsDropped",
    ofScheduler(scheduleGroups, "InvocationDroppedCount"),
    1,
    "EventBridge Scheduler gave up on a call after its retries.",
  );
  alarm(
    "ScheduledCallsFailing",
    ofScheduler(scheduleGroups, "TargetErrorCount"),
    3,
    "Step Functions or Lambda rejected three or more calls by EventBridge Scheduler within five minutes.",
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
 * Executions that failed or timed out. An alarm takes at most ten metrics, which allows five machines. Errors that a
 * state uses for polling are retried within the execution, so they don't count here.
 */
function failedExecutions(stateMachines: readonly StateMachine[], period: Duration): IMetric {
  const metrics = stateMachines.flatMap((machine) => [
    machine.metricFailed({ period }),
    machine.metricTimedOut({ period }),
  ]);
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  return new MathExpression({ expression: "SUM(METRICS())", usingMetrics, period, label: "Failed flows" });
}
