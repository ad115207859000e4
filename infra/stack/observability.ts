import { Aws, CfnMapping, CfnOutput, Duration, Stack } from "aws-cdk-lib";
import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import { EventField, Rule, RuleTargetInput } from "aws-cdk-lib/aws-events";
import { LambdaFunction as LambdaTarget, SnsTopic } from "aws-cdk-lib/aws-events-targets";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { SqsDestination } from "aws-cdk-lib/aws-lambda-destinations";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { refusedPost } from "../../lambdas/github/refused-post.js";
import { answered } from "../../lambdas/webhook/answered.js";
import { badSignature, previousSecret } from "../../lambdas/webhook/signature-lines.js";
import type { FlowName } from "../definition/action-spec.js";
import { addAlarms } from "./alarms.js";
import { addDashboard } from "./dashboard.js";
import { deadLetterQueue } from "./dead-letters.js";
import { countLines } from "./log-metric.js";

export interface ObservabilityProps {
  api: HttpApi;
  webhook: LambdaFunction;
  reportFailure: LambdaFunction;
  /** The log groups of the Lambdas that post on GitHub. */
  speakersLogs: readonly ILogGroup[];
  stateMachines: Readonly<Record<FlowName, StateMachine>>;
  deadLetters: Queue;
  /** The names of the groups of schedules. */
  scheduleGroups: readonly string[];
  /** The address to subscribe to the failure topic. */
  failureEmail?: string | undefined;
}

/** Reports failures to the people on the issue and to the operators. */
export class Observability extends Construct {
  readonly failures: Topic;
  /** Holds the events that could not be reported, even after retries. */
  readonly unreported: Queue;

  constructor(scope: Construct, id: string, props: ObservabilityProps) {
    super(scope, id);
    this.failures = this.#createTopic(props.failureEmail);
    this.unreported = deadLetterQueue(this, "Unreported");
    this.#watchExecutions(props);
    const ofWebhook = (metricName: string, message: string, field = "message") =>
      countLines(this, { metricName, logGroups: [props.webhook.logGroup], message, field })();
    addAlarms(this, {
      ...props,
      unreported: this.unreported,
      badSignatures: ofWebhook("BadSignatures", badSignature, "error"),
      previousSecretUses: ofWebhook("PreviousSecretUses", previousSecret),
      topic: this.failures,
    });
    // A rejected post doesn't make an execution fail, so operators see it here.
    const refusedPosts = countLines(this, {
      metricName: "RefusedPosts",
      logGroups: props.speakersLogs,
      message: refusedPost,
    });
    const deliveries = countLines(this, {
      metricName: "Deliveries",
      logGroups: [props.webhook.logGroup],
      message: answered,
      dimension: "kind",
    });
    addDashboard(this, { ...props, refusedPosts: refusedPosts(), deliveries });
    new CfnOutput(Stack.of(this), "FailureTopicArn", {
      value: this.failures.topicArn,
      description: "Subscribe here to be notified of failed flows and alarms.",
    });
    new CfnOutput(Stack.of(this), "UnreportedFailuresUrl", {
      value: this.unreported.queueUrl,
      description: "This queue keeps failures that could not be reported for 14 days.",
    });
  }

  /**
   * Has no KMS key: EventBridge and CloudWatch can't publish through the AWS managed key, and the messages contain only
   * names, so a paid customer managed key would protect nothing.
   */
  #createTopic(failureEmail: string | undefined): Topic {
    const topic = new Topic(this, "Failures", { displayName: "Coder task relay", enforceSSL: true });
    // This topic policy replaces the default one, which would let the account's alarms publish:
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    for (const service of ["cloudwatch.amazonaws.com", "events.amazonaws.com"]) {
      topic.addToResourcePolicy(
        new PolicyStatement({
          principals: [new ServicePrincipal(service)],
          actions: ["sns:Publish"],
          resources: [topic.topicArn],
          conditions: { StringEquals: { "aws:SourceAccount": Stack.of(this).account } },
        }),
      );
    }
    if (failureEmail) topic.addSubscription(new EmailSubscription(failureEmail));
    return topic;
  }

  /**
   * Failures are reported from outside the flows, because only an execution that ends in the failed state can be
   * redriven.
   * https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
   */
  #watchExecutions({ stateMachines, reportFailure }: ObservabilityProps): void {
    const delivery = { deadLetterQueue: this.unreported, retryAttempts: 10, maxEventAge: Duration.hours(6) };
    // Import the topic by its ARN, because the CDK's target would let EventBridge publish for any account. For a topic,
    // EventBridge needs a topic policy; it can't use a role:
    // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    const topic = Topic.fromTopicArn(this, "FailuresByArn", this.failures.topicArn);
    new Rule(this, "FlowFailed", {
      description: "A flow has failed, timed out or been stopped",
      eventPattern: {
        source: ["aws.states"],
        detailType: ["Step Functions Execution Status Change"],
        detail: {
          stateMachineArn: Object.values(stateMachines).map((machine) => machine.stateMachineArn),
          status: ["FAILED", "TIMED_OUT", "ABORTED"],
        },
      },
      targets: [
        new SnsTopic(topic, { ...delivery, message: this.#failureMessage() }),
        new LambdaTarget(reportFailure, delivery),
      ],
    });
    // EventBridge is done once Lambda has queued the event. From then on, Lambda retries.
    reportFailure.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
      onFailure: new SqsDestination(this.unreported),
    });
  }

  /**
   * Leaves out input, error and cause, because they quote issues of private repositories and email is not confidential.
   */
  #failureMessage(): RuleTargetInput {
    const hosts = Object.entries(consoleHosts).map(([partition, host]) => [partition, { host }]);
    const mapping = new CfnMapping(this, "Consoles", { mapping: Object.fromEntries(hosts) });
    const link = `https://${mapping.findInMap(Aws.PARTITION, "host")}/states/home?region=${EventField.region}#/v2/executions/details/${EventField.fromPath("$.detail.executionArn")}`;
    return RuleTargetInput.fromText(
      `The execution ${EventField.fromPath("$.detail.name")} ended as ${EventField.fromPath("$.detail.status")}. See the failed state and its error at ${link}. Once the cause is fixed, choose Redrive there, within 14 days.`,
    );
  }
}

/**
 * The console's host in each AWS partition:
 * https://docs.aws.amazon.com/general/latest/gr/aws-arns-and-namespaces.html
 */
const consoleHosts = {
  aws: "console.aws.amazon.com",
  "aws-cn": "console.amazonaws.cn",
  "aws-us-gov": "console.amazonaws-us-gov.com",
  "aws-eusc": "console.amazonaws-eusc.eu",
};
