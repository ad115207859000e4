import { beforeAll, describe, expect, test } from "@jest/globals";
import {
  createStack,
  recordOf,
  resourcesOf,
  rightsOf,
  type TemplateOfStack,
  templateOf,
  textOf,
} from "./template.js";

let template: TemplateOfStack;
beforeAll(() => {
  template = templateOf(createStack().stack);
});

const tracing = "xray:PutTelemetryRecords xray:PutTraceSegments on *";
const readsSecret = (secret: string) => `secretsmanager:GetSecretValue on Secrets${secret}`;
const tasksOnly = '{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["task#*"]}}';
const readsTasks = `dynamodb:GetItem dynamodb:Query on StorageTable if ${tasksOnly}`;
const writesTasks = `dynamodb:DeleteItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query dynamodb:UpdateItem on StorageTable if ${tasksOnly}`;
const machine = (flow: string) =>
  `arn:AWS::Partition:states:AWS::Region:AWS::AccountId:stateMachine:coder-task-relay-${flow}`;

/** Written out by hand: a new right must be wanted twice, in `infra/` and here. */
const lambdaRights: Record<string, string[]> = {
  Webhook: [
    readsSecret("Webhook"),
    `states:StartExecution on ${machine("create-task")} ${machine("delete-task")}`,
  ],
  Authorize: [readsSecret("GitHubApp")],
  ClaimIssue: [readsSecret("GitHubApp"), writesTasks],
  CreateTask: [readsSecret("CoderToken"), writesTasks],
  ObserveTask: [readsSecret("CoderToken"), readsTasks],
  EndTask: [readsSecret("CoderToken"), writesTasks],
  Announce: [readsSecret("GitHubApp"), writesTasks],
  ReportFailure: [
    readsSecret("GitHubApp"),
    writesTasks,
    "sqs:GetQueueAttributes sqs:GetQueueUrl sqs:SendMessage on ObservabilityUnreported",
  ],
};

const flowLambdas: Record<string, string[]> = {
  CreateTask: ["Announce", "Authorize", "ClaimIssue", "CreateTask", "EndTask", "ObserveTask"],
  DeleteTask: ["Announce", "ClaimIssue", "EndTask"],
};

describe("rights", () => {
  test.each(Object.keys(lambdaRights))(
    "the Lambda %s may do its work and write its logs and traces",
    (name) => {
      const log = `logs:CreateLogStream logs:PutLogEvents on ${name}ActionLogs`;
      expect(rightsOf(template, `${name}ActionRole`)).toEqual(
        [...(lambdaRights[name] ?? []), log, tracing].sort(),
      );
    },
  );

  test.each(Object.keys(flowLambdas))("the flow %s may invoke the Lambdas that it names", (name) => {
    const functions = (flowLambdas[name] ?? []).map((lambda) => `${lambda}ActionFunction`);
    const [invoke, delivery, traces, ...others] = rightsOf(template, `${name}FlowRole`);
    expect(invoke).toBe(`lambda:InvokeFunction on ${functions.join(" ")}`);
    expect(delivery).toMatch(/^(logs:\w+ )+on \*$/);
    expect(traces).toMatch(/^(xray:\w+ )+on \*$/);
    expect(others).toEqual([]);
  });

  test("every role is one of these, and none has a managed policy", () => {
    const roles = resourcesOf(template, "AWS::IAM::Role");
    const expected = [
      ...Object.keys(lambdaRights).map((name) => `${name}ActionRole`),
      ...Object.keys(flowLambdas).map((name) => `${name}FlowRole`),
    ];
    expect([...roles.keys()].sort()).toEqual(expected.sort());
    for (const { Properties } of roles.values()) {
      expect(Properties).not.toHaveProperty("ManagedPolicyArns");
      expect(Properties).not.toHaveProperty("Policies");
    }
  });

  test("only API Gateway and the failure rule may invoke a Lambda from outside", () => {
    const permissions = [...resourcesOf(template, "AWS::Lambda::Permission").values()];
    const allowed = permissions.map(
      ({ Properties }) => `${Properties.Principal} → ${textOf(Properties.FunctionName)}`,
    );
    expect(new Set(allowed)).toEqual(
      new Set([
        "apigateway.amazonaws.com → WebhookActionFunction",
        "events.amazonaws.com → ReportFailureActionFunction",
      ]),
    );
    for (const { Properties } of permissions) expect(Properties).toHaveProperty("SourceArn");
  });
});

describe("Lambdas", () => {
  test("run on nodejs24.x and arm64 with X-Ray, each with a role and a log group of its own", () => {
    const lambdas = resourcesOf(template, "AWS::Lambda::Function");
    expect([...lambdas.keys()].sort()).toEqual(
      Object.keys(lambdaRights)
        .map((name) => `${name}ActionFunction`)
        .sort(),
    );
    for (const [id, { Properties }] of lambdas) {
      const stem = id.replace(/Function$/, "");
      expect(Properties).toMatchObject({
        Runtime: "nodejs24.x",
        Architectures: ["arm64"],
        Handler: "index.handler",
        TracingConfig: { Mode: "Active" },
        FunctionName: expect.stringMatching(/^coder-task-relay-[a-z-]+$/),
      });
      expect(textOf(Properties.Role)).toBe(`${stem}Role`);
      expect(Properties.LoggingConfig).toMatchObject({
        LogGroup: { Ref: expect.stringContaining(`${stem}Logs`) },
      });
    }
  });

  const variablesOf = (id: string) => {
    const lambda = resourcesOf(template, "AWS::Lambda::Function").get(`${id}ActionFunction`);
    const { Variables } = recordOf(lambda?.Properties.Environment);
    return Object.fromEntries(
      Object.entries(recordOf(Variables)).map(([name, value]) => [name, textOf(value)]),
    );
  };
  const common = {
    CODER_URL: "https://coder.example.com",
    AGENT_GITHUB_USERNAME: "coder-agent",
    CODER_TASK_NAME_PREFIX: "gh",
    CODER_TEMPLATE_NAME: "task-template",
    CODER_ORGANIZATION: "default",
    LOG_FORMAT: "json",
    GITHUB_API_URL: "https://api.github.com",
    POWERTOOLS_SERVICE_NAME: "coder-task-relay",
  };

  test("learn from their environment what they need, and no more", () => {
    expect(variablesOf("Webhook")).toEqual({
      ...common,
      WEBHOOK_SECRET_ARN: "SecretsWebhook",
      CREATE_TASK_FLOW_ARN: machine("create-task"),
      DELETE_TASK_FLOW_ARN: machine("delete-task"),
    });
    expect(variablesOf("Announce")).toEqual({
      ...common,
      GITHUB_APP_SECRET_ARN: "SecretsGitHubApp",
      TABLE_NAME: "StorageTable",
    });
    expect(variablesOf("CreateTask")).toEqual({
      ...common,
      CODER_TOKEN_SECRET_ARN: "SecretsCoderToken",
      TABLE_NAME: "StorageTable",
    });
  });
});
