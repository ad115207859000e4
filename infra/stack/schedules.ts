import { ArnFormat, Stack, Validations } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnScheduleGroup } from "aws-cdk-lib/aws-scheduler";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { resourceInFinding } from "./findings.js";
import { flowArn } from "./flow-names.js";

/** The flow that every schedule starts. */
const startedFlow = "create-task";

/**
 * The group of the repositories' schedules, and the role with which EventBridge Scheduler starts `create-task`. The
 * schedules themselves are created and deleted at run time; AWS deletes them with their group:
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-group-delete.html
 */
export class Schedules extends Construct {
  readonly groupName: string;
  readonly role: Role;
  readonly #deadLetters: IQueue;

  constructor(scope: Construct, id: string, { deadLetters }: { deadLetters: IQueue }) {
    super(scope, id);
    this.#deadLetters = deadLetters;
    const stack = Stack.of(this);
    this.groupName = stack.stackName;
    new CfnScheduleGroup(this, "Group", { name: this.groupName });
    this.role = new Role(this, "Role", {
      description: `EventBridge Scheduler uses it to start ${startedFlow}`,
      // The source is the group, never a single schedule:
      // https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
      assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
        conditions: {
          StringEquals: {
            "aws:SourceAccount": stack.account,
            "aws:SourceArn": this.#arn("schedule-group", this.groupName),
          },
        },
      }),
    });
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ["states:StartExecution"],
        resources: [flowArn(stack, startedFlow)],
      }),
    );
    deadLetters.grantSendMessages(this.role);
  }

  /** The environment variables of a Lambda that manages schedules. */
  environment(): Record<string, string> {
    return {
      SCHEDULE_GROUP: this.groupName,
      SCHEDULE_ROLE_ARN: this.role.roleArn,
      SCHEDULE_DEAD_LETTERS_ARN: this.#deadLetters.queueArn,
      CREATE_TASK_FLOW_ARN: flowArn(Stack.of(this), startedFlow),
    };
  }

  /** Lets a role list and read the group's schedules. */
  grantRead(grantee: Role): void {
    this.#grant(grantee, ["GetSchedule"]);
  }

  /** Lets a role list, read, create, change and delete the group's schedules, and pass this role to them. */
  grantKeep(grantee: Role): void {
    this.#grant(grantee, ["GetSchedule", "CreateSchedule", "UpdateSchedule", "DeleteSchedule"]);
    grantee.addToPolicy(
      new PolicyStatement({
        actions: ["iam:PassRole"],
        resources: [this.role.roleArn],
        conditions: { StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" } },
      }),
    );
  }

  #grant(grantee: Role, operations: string[]): void {
    const inGroup = this.#arn("schedule", `${this.groupName}/*`);
    // Scheduler checks every ListSchedules call against this ARN, for any group:
    // https://github.com/aws/aws-cdk/issues/38201
    const inAnyGroup = this.#arn("schedule", "*/*");
    grantee.addToPolicy(
      new PolicyStatement({ actions: operations.map((name) => `scheduler:${name}`), resources: [inGroup] }),
    );
    grantee.addToPolicy(
      new PolicyStatement({ actions: ["scheduler:ListSchedules"], resources: [inAnyGroup] }),
    );
    const finding = (resource: string) =>
      `AwsSolutions-IAM5${resourceInFinding(Stack.of(this), "scheduler", resource)}`;
    Validations.of(grantee).acknowledge(
      {
        id: finding(`schedule/${this.groupName}/*`),
        reason:
          "The schedules of one group. Their names contain repositories and jobs, which are not known at deployment.",
      },
      {
        id: finding("schedule/*/*"),
        reason:
          "ListSchedules only, which cannot be limited to a group: it returns names and targets, not the inputs of schedules.",
      },
    );
  }

  #arn(resource: string, resourceName: string): string {
    return Stack.of(this).formatArn({
      service: "scheduler",
      resource,
      resourceName,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
  }
}
