import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { Validations } from "aws-cdk-lib";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { AwsSolutionsChecks } from "cdk-nag";
import { z } from "zod";
import { type FlowName, flowNames } from "../../infra/definition/action-spec.js";
import { readFlow } from "../../infra/definition/flow-source.js";
import { refusedPost } from "../../lambdas/github/refused-post.js";
import { metrics } from "../../lambdas/model/metric.js";
import { answered } from "../../lambdas/webhook/answered.js";
import { badSignature, previousSecret } from "../../lambdas/webhook/signature-lines.js";
import {
  createStack,
  propertiesOf,
  recordOf,
  resourcesOf,
  type TemplateOfStack,
  templateOf,
  textOf,
} from "./template.js";

const ofThisAccount = { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } };

/** The metrics of an alarm; its expression has no `MetricStat`. */
const metricsSchema = z.array(
  z.object({
    MetricStat: z
      .object({
        Metric: z.object({ MetricName: z.string(), Dimensions: z.array(z.object({ Value: z.unknown() })) }),
      })
      .optional(),
  }),
);
const dashboardSchema = z.object({
  widgets: z.array(
    z.object({
      properties: z.object({ title: z.string(), metrics: z.optional(z.array(z.array(z.unknown()))) }),
    }),
  ),
});

/** The flows, by the stems of their logical ids. */
const flows = [
  "CreateTask",
  "DeleteTask",
  "ForwardComment",
  "RelayFailure",
  "DrainInbox",
  "SyncRepoConfig",
  "FollowTask",
  "WatchPulls",
  "TrackPull",
];

const runbook = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");

let template: TemplateOfStack;
beforeAll(() => {
  template = templateOf(createStack().stack);
});

test("every log group expires after the days of the setting", () => {
  const { stack } = createStack({ LOG_RETENTION_DAYS: "90" });
  const groups = [...resourcesOf(templateOf(stack), "AWS::Logs::LogGroup").values()];
  // One for each Lambda and each flow, and the access log.
  const owners = ["AWS::Lambda::Function", "AWS::StepFunctions::StateMachine", "AWS::ApiGatewayV2::Stage"];
  expect(groups).toHaveLength(owners.flatMap((type) => [...resourcesOf(template, type)]).length);
  for (const { Properties } of groups) expect(Properties.RetentionInDays).toBe(90);
});

test("the table is on demand, encrypted, recoverable, expires items and survives the stack", () => {
  const [table, ...others] = resourcesOf(template, "AWS::DynamoDB::GlobalTable").values();
  expect(others).toEqual([]);
  expect(table).toMatchObject({
    DeletionPolicy: "Retain",
    Properties: {
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      AttributeDefinitions: [
        { AttributeName: "pk", AttributeType: "S" },
        { AttributeName: "sk", AttributeType: "S" },
      ],
      SSESpecification: { SSEEnabled: true, SSEType: "KMS" },
      TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
      Replicas: [
        {
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        },
      ],
    },
  });
});

test("an upgrade does not replace the table, the secrets, the webhook URL or the topic, nor a secret's value", () => {
  const lasting = /DynamoDB::GlobalTable|SecretsManager::Secret|ApiGatewayV2::Api$|SNS::Topic$/;
  const resources = Object.entries(template.Resources).filter(([, { Type }]) => lasting.test(Type));
  const values = resources.map(([id, { Properties }]) => [
    id,
    Properties.GenerateSecretString ?? Properties.SecretString,
  ]);
  // CloudFormation replaces a resource with another logical id, and a value if the way to make it changes.
  expect(Object.fromEntries(values)).toEqual({
    StorageTableB43FDCE7: undefined,
    SecretsWebhook8D5E2A64: { PasswordLength: 40, ExcludePunctuation: true },
    SecretsGitHubApp3ACA0759: '{"appId":"","privateKey":""}',
    SecretsCoderToken834532D2: "put-the-coder-token-here",
    SecretsTaskMark6525EBED: { PasswordLength: 64, ExcludePunctuation: true },
    IngressApiFA053807: undefined,
    ObservabilityFailuresDB534366: undefined,
  });
});

test("the webhook secret and the key of the marks are generated; the other two secrets hold only placeholders", () => {
  const secrets = resourcesOf(template, "AWS::SecretsManager::Secret");
  const names = ["SecretsCoderToken", "SecretsGitHubApp", "SecretsTaskMark", "SecretsWebhook"];
  expect([...secrets.keys()].sort()).toEqual(names);
  expect(secrets.get("SecretsTaskMark")?.Properties.GenerateSecretString).toMatchObject({
    PasswordLength: 64,
  });
  expect(secrets.get("SecretsWebhook")?.Properties.GenerateSecretString).toMatchObject({
    PasswordLength: 40,
  });
  const app: unknown = JSON.parse(String(secrets.get("SecretsGitHubApp")?.Properties.SecretString));
  expect(app).toEqual({ appId: "", privateKey: "" });
});

describe("ingress", () => {
  test("sends its paths to the Lambda webhook, for every method", () => {
    const routes = [...resourcesOf(template, "AWS::ApiGatewayV2::Route").values()];
    expect(routes.map(({ Properties }) => Properties.RouteKey).sort()).toEqual([
      "ANY /healthz",
      "ANY /schema.json",
      "ANY /webhooks/github",
    ]);
    expect(propertiesOf(template, "AWS::ApiGatewayV2::Integration")).toMatchObject({
      PayloadFormatVersion: "2.0",
      IntegrationUri: { "Fn::GetAtt": [expect.stringContaining("WebhookActionFunction"), "Arn"] },
    });
  });

  test("is throttled, and its access log holds neither headers nor bodies", () => {
    const stage = propertiesOf(template, "AWS::ApiGatewayV2::Stage");
    expect(stage).toMatchObject({
      StageName: "$default",
      DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
      // Calls to the public paths cannot use up GitHub's limit.
      RouteSettings: {
        "ANY /webhooks/github": { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
        "ANY /healthz": { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 },
        "ANY /schema.json": { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 },
      },
      AccessLogSettings: {
        DestinationArn: { "Fn::GetAtt": [expect.stringContaining("IngressAccessLogs"), "Arn"] },
      },
    });
    const { Format } = recordOf(stage.AccessLogSettings);
    const fields = Object.values(recordOf(JSON.parse(String(Format)))).sort();
    expect(fields).toEqual(
      [
        "$context.requestId",
        "$context.requestTime",
        "$context.identity.sourceIp",
        "$context.httpMethod",
        "$context.path",
        "$context.routeKey",
        "$context.status",
        "$context.responseLength",
        "$context.responseLatency",
        "$context.integrationStatus",
        "$context.integrationErrorMessage",
      ].sort(),
    );
  });
});

describe("flows", () => {
  test("log every step without user content, and are traced", () => {
    const machines = [...resourcesOf(template, "AWS::StepFunctions::StateMachine").values()];
    expect(machines.map(({ Properties }) => Properties.StateMachineName).sort()).toEqual([
      "coder-task-relay-create-task",
      "coder-task-relay-delete-task",
      "coder-task-relay-drain-inbox",
      "coder-task-relay-follow-task",
      "coder-task-relay-forward-comment",
      "coder-task-relay-relay-failure",
      "coder-task-relay-sync-repo-config",
      "coder-task-relay-track-pull",
      "coder-task-relay-watch-pulls",
    ]);
    for (const { Properties } of machines) {
      expect(Properties).toMatchObject({
        LoggingConfiguration: { Level: "ALL", IncludeExecutionData: false },
        TracingConfiguration: { Enabled: true },
      });
      expect(Properties.StateMachineType ?? "STANDARD").toBe("STANDARD");
    }
  });

  test("are complete, with the retry policies", () => {
    for (const { Properties } of resourcesOf(template, "AWS::StepFunctions::StateMachine").values()) {
      const flow = flowNames.find((name) => Properties.StateMachineName === `coder-task-relay-${name}`);
      expect(JSON.parse(String(Properties.DefinitionString))).toEqual(JSON.parse(readFlow(flow as FlowName)));
    }
  });

  test("have no unresolved placeholder in their definition", () => {
    for (const { Properties } of resourcesOf(template, "AWS::StepFunctions::StateMachine").values()) {
      const used = String(Properties.DefinitionString).match(/(?<=\$\{)\w+(?=\})/g) ?? [];
      expect(Object.keys(recordOf(Properties.DefinitionSubstitutions)).sort()).toEqual(
        [...new Set(used)].sort(),
      );
      expect(used.length).toBeGreaterThan(0);
    }
  });
});

describe("failures", () => {
  test("reach the topic and the Lambda report-failure, or the queue if that fails", () => {
    const { EventPattern, Targets } = propertiesOf(template, "AWS::Events::Rule");
    expect(EventPattern).toMatchObject({
      source: ["aws.states"],
      "detail-type": ["Step Functions Execution Status Change"],
      detail: {
        status: ["FAILED", "TIMED_OUT", "ABORTED"],
        stateMachineArn: flows.map((flow) => ({ Ref: expect.stringContaining(`${flow}Flow`) })),
      },
    });
    // EventBridge's limit for a pattern; an ARN is shorter than 120 characters.
    expect(JSON.stringify(EventPattern).length + flows.length * 120).toBeLessThan(2048);
    const queue = { "Fn::GetAtt": [expect.stringContaining("ObservabilityUnreported"), "Arn"] };
    expect(Targets).toMatchObject([
      { Arn: { Ref: expect.stringContaining("Failures") }, DeadLetterConfig: { Arn: queue } },
      {
        Arn: { "Fn::GetAtt": [expect.stringContaining("ReportFailureActionFunction"), "Arn"] },
        DeadLetterConfig: { Arn: queue },
      },
    ]);
    const calls = resourcesOf(template, "AWS::Lambda::EventInvokeConfig");
    expect(calls.get("ReportFailureActionFunctionEventInvokeConfig")?.Properties).toMatchObject({
      DestinationConfig: { OnFailure: { Destination: queue } },
    });
  });

  test("are reported by email without user content", () => {
    const { Targets } = propertiesOf(template, "AWS::Events::Rule");
    const paths = JSON.stringify(Targets).match(/"\$\.[\w.]+"/g) ?? [];
    expect(paths.map((path) => path.replaceAll('"', "")).sort()).toEqual([
      "$.detail.executionArn",
      "$.detail.name",
      "$.detail.status",
      "$.region",
    ]);
  });

  test("can be published by alarms and by the rule, and only over TLS", () => {
    const { Statement } = recordOf(propertiesOf(template, "AWS::SNS::TopicPolicy").PolicyDocument);
    expect(Statement).toEqual([
      expect.objectContaining({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
      expect.objectContaining({ Effect: "Allow", Principal: { Service: "cloudwatch.amazonaws.com" } }),
      expect.objectContaining({ Effect: "Allow", Principal: { Service: "events.amazonaws.com" } }),
    ]);
  });

  test("can be published only for this account", () => {
    const { Statement } = recordOf(propertiesOf(template, "AWS::SNS::TopicPolicy").PolicyDocument);
    const allowed = [Statement]
      .flat()
      .map(recordOf)
      .filter(({ Effect }) => Effect === "Allow");
    expect(allowed.map(({ Condition }) => Condition)).toEqual([ofThisAccount, ofThisAccount]);
  });

  test.each([
    ["aws", "console.aws.amazon.com"],
    ["aws-cn", "console.amazonaws.cn"],
    ["aws-us-gov", "console.amazonaws-us-gov.com"],
  ])("link to the console of the partition %s", (partition, host) => {
    const { Targets } = propertiesOf(template, "AWS::Events::Rule");
    const [mail] = [Targets].flat();
    const { "Fn::Join": parts } = recordOf(recordOf(recordOf(mail).InputTransformer).InputTemplate);
    const link = [parts].flat(2).map((part) => (typeof part === "string" ? part : JSON.stringify(part)));
    const { "Fn::FindInMap": found } = recordOf(
      JSON.parse(link.find((part) => part.startsWith("{")) ?? "{}"),
    );
    const [mapping, key] = [found].flat();
    expect(key).toEqual({ Ref: "AWS::Partition" });
    expect(link.join("")).toMatch(
      /https:\/\/\{.*\}\/states\/home\?region=<\$?[\w.-]+>#\/v2\/executions\/details\/</,
    );
    expect(recordOf(template.Mappings[String(mapping)])[partition]).toEqual({ host });
  });

  test("each have an alarm: ingress, flows, drains, deliveries, schedules, dead letters", () => {
    const alarms = resourcesOf(template, "AWS::CloudWatch::Alarm");
    expect([...alarms.keys()].map((id) => id.replace("Observability", "")).sort()).toEqual([
      "BadSignatures",
      "CredentialsRefused",
      "DeadLetters",
      "DeliveriesGivenUp",
      "DeliveriesLost",
      "DrainFailed",
      "FailuresUnreported",
      "FlowsFailing",
      "InputsUnsent",
      "PreviousSecretUsed",
      "ScheduledCallsDropped",
      "ScheduledCallsFailing",
      "WatchersFailing",
      "WebhookErrors",
      "WebhookServerErrors",
    ]);
    for (const { Properties } of alarms.values()) {
      expect(Properties.AlarmActions).toEqual([{ Ref: expect.stringContaining("ObservabilityFailures") }]);
      const [, anchor] =
        /^.{40,} See docs\/operations\.md#(\w+)\.$/.exec(`${Properties.AlarmDescription}`) ?? [];
      const [section = ""] = new RegExp(`^### ${anchor}$.*?^##`, "ims").exec(runbook) ?? [];
      for (const part of ["Meaning", "First look", "First step"])
        expect(section).toContain(`- **${part}:** `);
    }
  });

  test("every flow is in one alarm on executions that fail or time out, and no such alarm exceeds CloudWatch's limit of metrics", () => {
    const alarms = resourcesOf(template, "AWS::CloudWatch::Alarm");
    const counted = [...alarms.values()].flatMap(({ Properties }) => {
      const metrics = metricsSchema
        .parse(Properties.Metrics ?? [])
        .flatMap(({ MetricStat }) => MetricStat?.Metric ?? [])
        .filter(({ MetricName }) => MetricName.startsWith("Executions"));
      // CloudWatch's limit for one alarm.
      expect(metrics.length).toBeLessThanOrEqual(10);
      return metrics.map(
        ({ MetricName, Dimensions }) => `${MetricName} ${Dimensions.map(({ Value }) => textOf(Value))}`,
      );
    });
    const expected = flows.flatMap((flow) =>
      ["ExecutionsFailed", "ExecutionsTimedOut"].map((name) => `${name} ${flow}FlowStateMachine`),
    );
    expect(counted.sort()).toEqual(expected.sort());
  });

  test.each([
    ["FlowsFailing", "CreateTask", 5],
    ["WatchersFailing", "WatchPulls", 5],
    ["DrainFailed", "DrainInbox", 1],
  ])("%s watches %s", (id, flow, threshold) => {
    const alarm = resourcesOf(template, "AWS::CloudWatch::Alarm").get(`Observability${id}`)?.Properties;
    expect(alarm).toMatchObject({ Threshold: threshold, TreatMissingData: "notBreaching" });
    expect(JSON.stringify(alarm?.Metrics)).toContain(`${flow}Flow`);
  });

  test("go to FAILURE_EMAIL if it is set", () => {
    expect(resourcesOf(template, "AWS::SNS::Subscription").size).toBe(0);
    const { stack } = createStack({ FAILURE_EMAIL: "oncall@example.com" });
    expect(propertiesOf(templateOf(stack), "AWS::SNS::Subscription")).toMatchObject({
      Protocol: "email",
      Endpoint: "oncall@example.com",
    });
  });
});

test("posts that GitHub refuses are counted for every Lambda that posts", () => {
  const filters = [...resourcesOf(template, "AWS::Logs::MetricFilter").values()];
  const counted = filters.map(({ Properties }) => textOf(Properties.LogGroupName));
  for (const action of [
    "Announce",
    "AnnounceProgress",
    "PutIntoInbox",
    "CheckConfig",
    "SendInbox",
    "ReportFailure",
  ]) {
    expect(counted).toContainEqual(expect.stringMatching(new RegExp(`^${action}ActionLogs`)));
  }
  const ofPosts = filters.filter(({ Properties }) => `${Properties.FilterPattern}`.includes(refusedPost));
  const ofWebhook = [answered, badSignature, previousSecret];
  expect(ofPosts).toHaveLength(filters.length - ofWebhook.length);
  for (const { Properties } of ofPosts) {
    expect(Properties.FilterPattern).toBe(`{ $.message = "${refusedPost}" }`);
    expect(Properties.MetricTransformations).toEqual([
      { MetricName: "RefusedPosts", MetricNamespace: "coder-task-relay", MetricValue: "1" },
    ]);
  }
  const { DashboardBody } = propertiesOf(template, "AWS::CloudWatch::Dashboard");
  expect(textOf(DashboardBody)).toContain('["coder-task-relay","RefusedPosts"');
});

test("bad signatures and uses of the previous secret are counted in the webhook's log", () => {
  const filters = [...resourcesOf(template, "AWS::Logs::MetricFilter").values()];
  for (const [name, field, message] of [
    ["BadSignatures", "error", badSignature],
    ["PreviousSecretUses", "message", previousSecret],
  ]) {
    const [found] = filters.filter(({ Properties }) => JSON.stringify(Properties).includes(`"${name}"`));
    expect(textOf(found?.Properties.LogGroupName)).toMatch(/^WebhookActionLogs/);
    expect(found?.Properties.FilterPattern).toBe(`{ $.${field} = "${message}" }`);
  }
});

test("deliveries are counted by the kind of their outcome, in the webhook's log", () => {
  const filters = [...resourcesOf(template, "AWS::Logs::MetricFilter").values()];
  const [deliveries, ...others] = filters.filter(({ Properties }) =>
    JSON.stringify(Properties).includes("Deliveries"),
  );
  expect(others).toEqual([]);
  expect(textOf(deliveries?.Properties.LogGroupName)).toMatch(/^WebhookActionLogs/);
  expect(deliveries?.Properties).toMatchObject({
    FilterPattern: `{ $.message = "${answered}" }`,
    MetricTransformations: [
      {
        MetricName: "Deliveries",
        MetricNamespace: "coder-task-relay",
        Dimensions: [{ Key: "kind", Value: "$.kind" }],
      },
    ],
  });
});

test("every metric is on the dashboard and in the docs", () => {
  const { DashboardBody } = propertiesOf(template, "AWS::CloudWatch::Dashboard");
  const names = [...Object.keys(metrics), "Deliveries", "RefusedPosts"];
  expect(names.filter((name) => !textOf(DashboardBody).includes(name))).toEqual([]);
  const table = runbook.slice(runbook.indexOf("## The dashboard"));
  expect(names.filter((name) => !table.includes(`\`${name}\``))).toEqual([]);
});

test("the dashboard shows each flow by its name: started, succeeded, failed, timed out", () => {
  const { DashboardBody } = propertiesOf(template, "AWS::CloudWatch::Dashboard");
  const body = JSON.parse(textOf(DashboardBody));
  const { widgets } = dashboardSchema.parse(body);
  const shown = widgets
    .filter(({ properties }) => properties.title.startsWith("Flows "))
    .map(({ properties }) => [properties.title, properties.metrics?.map((metric) => metric.at(-1))]);
  const labels = [
    "create-task",
    "delete-task",
    "forward-comment",
    "relay-failure",
    "drain-inbox",
    "sync-repo-config",
    "follow-task",
    "watch-pulls",
    "track-pull",
  ].map((label) => expect.objectContaining({ label }));
  expect(shown).toEqual(
    ["started", "succeeded", "failed", "timed out"].map((end) => [`Flows ${end}`, labels]),
  );
});

test("the outputs say where each value belongs", () => {
  expect(Object.keys(template.Outputs).sort()).toEqual([
    "CoderTokenSecretArn",
    "DeadLettersUrl",
    "FailureTopicArn",
    "GitHubAppSecretArn",
    "SchemaUrl",
    "TaskMarkSecretArn",
    "UnreportedFailuresUrl",
    "WebhookSecretArn",
    "WebhookUrl",
  ]);
  for (const { Description } of Object.values(template.Outputs)) expect(Description).toMatch(/\.$/);
  expect(textOf(template.Outputs.UnreportedFailuresUrl?.Value)).toBe("ObservabilityUnreported");
});

describe("cdk-nag AwsSolutions", () => {
  /** The rules that the stack breaks without an acknowledgement. */
  function findings(addition?: (stack: ReturnType<typeof createStack>["stack"]) => void): string[] {
    const { app, stack } = createStack();
    addition?.(stack);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    try {
      app.synth();
    } catch (error) {
      if (!(error instanceof Error) || !/validation/i.test(`${error.name} ${error.message}`)) throw error;
    }
    const report = readFileSync(join(app.outdir, "validation-report.json"), "utf8");
    return [...new Set(report.match(/AwsSolutions-\w+/g) ?? [])].sort();
  }

  test("has no unacknowledged finding", () => {
    expect(findings()).toEqual([]);
  });

  test("reports a queue without protection", () => {
    expect(findings((stack) => new Queue(stack, "Bare"))).toEqual(["AwsSolutions-SQS3", "AwsSolutions-SQS4"]);
  });
});
