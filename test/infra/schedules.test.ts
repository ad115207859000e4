import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "@jest/globals";
import { App, type Environment, Stack, Validations } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { AwsSolutionsChecks } from "cdk-nag";
import { z } from "zod";
import { pascalCase, recurringActions } from "../../infra/definition/actions.js";
import { deadLetterQueue } from "../../infra/stack/dead-letters.js";
import { Schedules } from "../../infra/stack/schedules.js";
import {
  createStack,
  propertiesOf,
  resourcesOf,
  rightsOf,
  type TemplateOfStack,
  templateOf,
  textOf,
} from "./template.js";

const inAccount = (service: string) => `arn:AWS::Partition:${service}:AWS::Region:AWS::AccountId`;
const createTask = `${inAccount("states")}:stateMachine:coder-task-relay-create-task`;

/** A stack with the schedules and the role of a Lambda that manages them. */
function stackWithKeeper(env?: Environment) {
  const app = new App({ builtinCloudFormationValidation: false });
  const stack = new Stack(app, "Relay", { stackName: "coder-task-relay", ...(env && { env }) });
  const schedules = new Schedules(stack, "Schedules", { deadLetters: deadLetterQueue(stack, "DeadLetters") });
  const keeper = new Role(stack, "Keeper", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  schedules.grantKeep(keeper);
  return { app, stack, schedules };
}

function resourcesIn(stack: Stack): TemplateOfStack {
  return z
    .object({
      Resources: z.record(
        z.string(),
        z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
      ),
    })
    .transform(({ Resources }) => ({ Mappings: {}, Resources, Outputs: {} }))
    .parse(Template.fromStack(stack).toJSON());
}

let template: TemplateOfStack;
beforeAll(() => {
  template = templateOf(createStack().stack);
});

test("the stack has one group for the schedules of jobs, which has its name and is deleted with it", () => {
  const group = resourcesOf(template, "AWS::Scheduler::ScheduleGroup").get("SchedulesGroup");
  expect(group?.Properties).toEqual({ Name: "coder-task-relay" });
  expect(group?.DeletionPolicy ?? "Delete").toBe("Delete");
});

test("Scheduler may start create-task and nothing else, and only for schedules of this group and account", () => {
  expect(rightsOf(template, "SchedulesRole")).toEqual([
    "sqs:GetQueueAttributes sqs:GetQueueUrl sqs:SendMessage on DeadLetters",
    `states:StartExecution on ${createTask}`,
  ]);

  const trust = z
    .object({
      Statement: z.tuple([
        z.object({
          Action: z.literal("sts:AssumeRole"),
          Principal: z.strictObject({ Service: z.literal("scheduler.amazonaws.com") }),
          Condition: z.strictObject({
            StringEquals: z.record(z.string(), z.unknown()),
          }),
        }),
      ]),
    })
    .parse(resourcesOf(template, "AWS::IAM::Role").get("SchedulesRole")?.Properties.AssumeRolePolicyDocument);
  const conditions = Object.entries(trust.Statement[0].Condition.StringEquals);
  expect(Object.fromEntries(conditions.map(([key, value]) => [key, textOf(value)]))).toEqual({
    "aws:SourceAccount": "AWS::AccountId",
    "aws:SourceArn": `${inAccount("scheduler")}:schedule-group/coder-task-relay`,
  });
});

test("a Lambda that manages schedules may do so only in the group, and may pass only that role to Scheduler", () => {
  const template = resourcesIn(stackWithKeeper().stack);
  const operations = ["CreateSchedule", "DeleteSchedule", "GetSchedule", "UpdateSchedule"];
  expect(rightsOf(template, "Keeper")).toEqual([
    'iam:PassRole on SchedulesRole if {"StringEquals":{"iam:PassedToService":"scheduler.amazonaws.com"}}',
    `${operations.map((name) => `scheduler:${name}`).join(" ")} on ${inAccount("scheduler")}:schedule/coder-task-relay/*`,
    // Scheduler checks ListSchedules against all groups.
    `scheduler:ListSchedules on ${inAccount("scheduler")}:schedule/*/*`,
  ]);
  expect(propertiesOf(template, "AWS::Scheduler::ScheduleGroup")).toEqual({ Name: "coder-task-relay" });
});

test("its environment names the group, the role and the flow", () => {
  const { stack, schedules } = stackWithKeeper();
  const resolved = z.record(z.string(), z.unknown()).parse(stack.resolve(schedules.environment()));
  expect(Object.fromEntries(Object.entries(resolved).map(([name, value]) => [name, textOf(value)]))).toEqual({
    SCHEDULE_GROUP: "coder-task-relay",
    SCHEDULE_ROLE_ARN: "SchedulesRole",
    SCHEDULE_DEAD_LETTERS_ARN: "DeadLetters",
    CREATE_TASK_FLOW_ARN: createTask,
  });
});

test.each<[string, Environment | undefined]>([
  ["anywhere", undefined],
  ["in a known account and region", { account: "123456789012", region: "eu-central-1" }],
])("cdk-nag has no unacknowledged finding in these rights, %s", (_, env) => {
  const { app, stack } = stackWithKeeper(env);
  // Without encryption and TLS, so that cdk-nag has a finding.
  new Queue(stack, "Bare");
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  try {
    app.synth();
  } catch (error) {
    if (!(error instanceof Error) || !/validation/i.test(`${error.name} ${error.message}`)) throw error;
  }
  const report = readFileSync(join(app.outdir, "validation-report.json"), "utf8");
  expect([...new Set(report.match(/AwsSolutions-\w+/g) ?? [])].sort()).toEqual([
    "AwsSolutions-SQS3",
    "AwsSolutions-SQS4",
  ]);
});

test("Scheduler calls the recurring Lambdas, and nothing else, and keeps failed calls in the queue of dead letters", () => {
  const deadLetters = "sqs:GetQueueAttributes sqs:GetQueueUrl sqs:SendMessage on DeadLetters";
  const lambdas = recurringActions.map(({ name }) => `${pascalCase(name)}ActionFunction`).sort();
  expect(rightsOf(template, "RecurringRole")).toEqual([
    `lambda:InvokeFunction on ${lambdas.join(" ")}`,
    deadLetters,
  ]);
  const queue = { "Fn::GetAtt": [expect.stringContaining("DeadLetters"), "Arn"] };
  const schedules = [...resourcesOf(template, "AWS::Scheduler::Schedule").values()];
  expect(schedules.map(({ Properties }) => Properties)).toEqual(
    recurringActions.map(({ name, expression }) =>
      expect.objectContaining({
        Name: name,
        ScheduleExpression: expression,
        Target: expect.objectContaining({
          Arn: { "Fn::GetAtt": [expect.stringContaining(`${pascalCase(name)}ActionFunction`), "Arn"] },
          DeadLetterConfig: { Arn: queue },
        }),
      }),
    ),
  );
  const calls = resourcesOf(template, "AWS::Lambda::EventInvokeConfig");
  for (const { name } of recurringActions) {
    expect(calls.get(`${pascalCase(name)}ActionFunctionEventInvokeConfig`)?.Properties).toMatchObject({
      DestinationConfig: { OnFailure: { Destination: queue } },
    });
  }
});
