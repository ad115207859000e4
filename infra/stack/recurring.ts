import { ArnFormat, Duration, Stack } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { SqsDestination } from "aws-cdk-lib/aws-lambda-destinations";
import { CfnSchedule, CfnScheduleGroup } from "aws-cdk-lib/aws-scheduler";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { type ActionName, pascalCase, recurringActions } from "../definition/actions.js";

export interface RecurringProps {
  lambdaOf: (name: ActionName) => LambdaFunction;
  deadLetters: Queue;
}

/** How late a call, or the repetition of a failed one, may be. After that, the next one is due. */
const latest = Duration.minutes(5);

/** The schedules of the Lambdas that EventBridge Scheduler calls, in their own group, and the role that it uses. */
export class Recurring extends Construct {
  readonly groupName: string;

  constructor(scope: Construct, id: string, { lambdaOf, deadLetters }: RecurringProps) {
    super(scope, id);
    const stack = Stack.of(this);
    this.groupName = `${stack.stackName}-recurring`;
    const group = new CfnScheduleGroup(this, "Group", { name: this.groupName });
    const lambdas = recurringActions.map(({ name }) => lambdaOf(name));
    const role = this.#createRole(lambdas);
    deadLetters.grantSendMessages(role);

    for (const { name, expression } of recurringActions) {
      const lambda = lambdaOf(name);
      new CfnSchedule(this, pascalCase(name), {
        name,
        groupName: group.ref,
        scheduleExpression: expression,
        flexibleTimeWindow: { mode: "OFF" },
        target: {
          arn: lambda.functionArn,
          roleArn: role.roleArn,
          retryPolicy: { maximumEventAgeInSeconds: latest.toSeconds(), maximumRetryAttempts: 3 },
          deadLetterConfig: { arn: deadLetters.queueArn },
        },
      });
      // Scheduler is done once Lambda has queued the call.
      lambda.configureAsyncInvoke({
        retryAttempts: 1,
        maxEventAge: latest,
        onFailure: new SqsDestination(deadLetters),
      });
    }
  }

  #createRole(lambdas: LambdaFunction[]): Role {
    const stack = Stack.of(this);
    const role = new Role(this, "Role", {
      description: "EventBridge Scheduler uses it to call the recurring Lambdas",
      // The source is the group, never a single schedule:
      // https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
      assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
        conditions: {
          StringEquals: {
            "aws:SourceAccount": stack.account,
            "aws:SourceArn": stack.formatArn({
              service: "scheduler",
              resource: "schedule-group",
              resourceName: this.groupName,
              arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
            }),
          },
        },
      }),
    });
    const resources = lambdas.map(({ functionArn }) => functionArn);
    role.addToPolicy(new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources }));
    return role;
  }
}
