import { beforeAll, describe, expect, test } from "@jest/globals";
import { flowNames } from "../../infra/definition/action-spec.js";
import {
  createStack,
  resourcesOf,
  rightsOf,
  type TemplateOfStack,
  templateOf,
  textOf,
  variablesOf,
} from "./template.js";

let template: TemplateOfStack;
beforeAll(() => {
  template = templateOf(createStack().stack);
});

const tracing = "xray:PutTelemetryRecords xray:PutTraceSegments on *";
const readsSecret = (secret: string) => `secretsmanager:GetSecretValue on Secrets${secret}`;
/** A Lambda that finds a task by anything other than its id must verify the task's mark. */
const readsCoder = [readsSecret("CoderToken"), readsSecret("TaskMark")];
const onItems = (actions: string, prefix: string) =>
  `${actions} on StorageTable if {"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["${prefix}#*"]}}`;
/** Lambdas that act as an installation of the App share its token. */
const actsAsInstallation = [
  readsSecret("GitHubApp"),
  onItems("dynamodb:GetItem dynamodb:UpdateItem", "token"),
];
const getsTasks = onItems("dynamodb:GetItem", "task");
const updatesTasks = onItems("dynamodb:GetItem dynamodb:UpdateItem", "task");
const knowsAccounts = onItems("dynamodb:Query dynamodb:UpdateItem", "account");
const drainsInbox = onItems(
  "dynamodb:DeleteItem dynamodb:GetItem dynamodb:Query dynamodb:UpdateItem",
  "inbox",
);
const putsIntoInbox = onItems("dynamodb:GetItem dynamodb:UpdateItem", "inbox");
const machine = (flow: string) =>
  `arn:AWS::Partition:states:AWS::Region:AWS::AccountId:stateMachine:coder-task-relay-${flow}`;

const executionsOf = (flow: string) => machine(flow).replace(":stateMachine:", ":execution:").concat(":*");

const scheduler = "arn:AWS::Partition:scheduler:AWS::Region:AWS::AccountId";
const listsSchedules = `scheduler:ListSchedules on ${scheduler}:schedule/*/*`;
const readsSchedules = [`scheduler:GetSchedule on ${scheduler}:schedule/coder-task-relay/*`, listsSchedules];
const keepsSchedules = [
  `scheduler:CreateSchedule scheduler:DeleteSchedule scheduler:GetSchedule scheduler:UpdateSchedule on ${scheduler}:schedule/coder-task-relay/*`,
  listsSchedules,
  'iam:PassRole on SchedulesRole if {"StringEquals":{"iam:PassedToService":"scheduler.amazonaws.com"}}',
];

/** A call that still fails after its retries is kept in a queue. */
const leavesDeadLetters = "sqs:GetQueueAttributes sqs:GetQueueUrl sqs:SendMessage on DeadLetters";

const startsFlows = `states:StartExecution on ${["create-task", "delete-task", "forward-comment", "relay-failure", "sync-repo-config", "track-pull", "watch-pulls"].map(machine).join(" ")}`;

/** Written by hand: a new right must be added twice, in `infra/` and here. */
const lambdaRights: Record<string, string[]> = {
  Webhook: [readsSecret("Webhook"), readsSecret("GitHubApp"), knowsAccounts, getsTasks, startsFlows],
  ClaimWork: [
    ...actsAsInstallation,
    updatesTasks,
    drainsInbox,
    onItems("dynamodb:GetItem", "config"),
    knowsAccounts,
  ],
  CreateTask: [...readsCoder, updatesTasks, knowsAccounts],
  ObserveTask: [...readsCoder, getsTasks],
  EndTask: [...readsCoder, updatesTasks, knowsAccounts],
  Announce: [...actsAsInstallation, updatesTasks],
  FindTask: [
    ...actsAsInstallation,
    ...readsCoder,
    updatesTasks,
    knowsAccounts,
    `states:StartExecution on ${machine("relay-failure")}`,
  ],
  ExplainRefusal: [...actsAsInstallation, onItems("dynamodb:UpdateItem", "inbox")],
  RelayLogs: [...actsAsInstallation, onItems("dynamodb:UpdateItem", "ci"), knowsAccounts],
  WatchPulls: [
    ...actsAsInstallation,
    onItems("dynamodb:GetItem dynamodb:Query", "task"),
    onItems("dynamodb:UpdateItem", "ci"),
    knowsAccounts,
    `states:StartExecution on ${machine("relay-failure")}`,
  ],
  TrackPull: [...actsAsInstallation, ...readsCoder, updatesTasks, knowsAccounts],
  PauseTask: [
    ...actsAsInstallation,
    ...readsCoder,
    updatesTasks,
    onItems("dynamodb:GetItem dynamodb:UpdateItem", "inbox"),
    knowsAccounts,
  ],
  MatchFailedRun: [...actsAsInstallation, knowsAccounts],
  StartBranchTask: [`states:StartExecution on ${machine("create-task")}`],
  PutIntoInbox: [
    ...actsAsInstallation,
    getsTasks,
    putsIntoInbox,
    `states:StartExecution on ${machine("drain-inbox")}`,
  ],
  WakeDrain: [getsTasks, putsIntoInbox, `states:StartExecution on ${machine("drain-inbox")}`],
  ResumeTask: [...readsCoder, getsTasks],
  SendInbox: [...actsAsInstallation, ...readsCoder, updatesTasks, drainsInbox, knowsAccounts],
  KeepInbox: [...actsAsInstallation, ...readsCoder, updatesTasks, drainsInbox],
  AnnounceWait: [...actsAsInstallation, updatesTasks, drainsInbox],
  AnnounceSilence: [...actsAsInstallation, updatesTasks],
  SyncSchedules: [
    ...actsAsInstallation,
    onItems("dynamodb:GetItem dynamodb:UpdateItem", "config"),
    knowsAccounts,
    ...keepsSchedules,
  ],
  CheckConfig: [
    ...actsAsInstallation,
    onItems("dynamodb:GetItem dynamodb:UpdateItem", "config"),
    knowsAccounts,
  ],
  SyncInstallation: [
    ...actsAsInstallation,
    onItems("dynamodb:GetItem dynamodb:Query dynamodb:UpdateItem", "config"),
    knowsAccounts,
    ...keepsSchedules,
  ],
  StartFollowing: [...readsCoder, updatesTasks, `states:StartExecution on ${machine("follow-task")}`],
  ObserveProgress: [...readsCoder, getsTasks],
  AnnounceProgress: [...actsAsInstallation, updatesTasks],
  Attend: [
    ...actsAsInstallation,
    ...readsCoder,
    onItems("dynamodb:DeleteItem dynamodb:GetItem dynamodb:Query dynamodb:UpdateItem", "task"),
    onItems("dynamodb:GetItem", "inbox"),
    knowsAccounts,
    leavesDeadLetters,
  ],
  Redrive: [
    readsSecret("GitHubApp"),
    onItems("dynamodb:DeleteItem dynamodb:Query", "redrive"),
    `states:RedriveExecution on ${flowNames.map(executionsOf).sort().join(" ")}`,
    "sqs:GetQueueAttributes sqs:GetQueueUrl sqs:SendMessage on DeadLetters",
  ],
  Redeliver: [
    readsSecret("GitHubApp"),
    onItems("dynamodb:DeleteItem dynamodb:GetItem dynamodb:Query dynamodb:UpdateItem", "delivery"),
    leavesDeadLetters,
  ],
  Reconcile: [
    ...actsAsInstallation,
    onItems("dynamodb:DeleteItem dynamodb:GetItem dynamodb:Query dynamodb:UpdateItem", "task"),
    onItems("dynamodb:GetItem", "inbox"),
    onItems("dynamodb:GetItem dynamodb:UpdateItem", "healing"),
    knowsAccounts,
    startsFlows,
    ...readsSchedules,
    leavesDeadLetters,
  ],
  ReportFailure: [
    ...actsAsInstallation,
    updatesTasks,
    onItems("dynamodb:UpdateItem", "redrive"),
    `states:DescribeExecution on ${flowNames.map(executionsOf).sort().join(" ")}`,
    "sqs:GetQueueAttributes sqs:GetQueueUrl sqs:SendMessage on ObservabilityUnreported",
  ],
};

const flowLambdas: Record<string, string[]> = {
  CreateTask: [
    "Announce",
    "ClaimWork",
    "CreateTask",
    "EndTask",
    "ObserveTask",
    "PutIntoInbox",
    "StartFollowing",
    "WakeDrain",
  ],
  DeleteTask: ["Announce", "ClaimWork", "EndTask"],
  ForwardComment: ["ExplainRefusal", "FindTask", "PutIntoInbox"],
  RelayFailure: [
    "AnnounceSilence",
    "FindTask",
    "MatchFailedRun",
    "PutIntoInbox",
    "RelayLogs",
    "StartBranchTask",
  ],
  SyncRepoConfig: ["CheckConfig", "SyncInstallation", "SyncSchedules"],
  DrainInbox: ["AnnounceWait", "KeepInbox", "ResumeTask", "SendInbox", "StartFollowing", "WakeDrain"],
  FollowTask: ["AnnounceProgress", "ObserveProgress"],
  WatchPulls: ["WatchPulls"],
  TrackPull: ["PauseTask", "PutIntoInbox", "TrackPull"],
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

  test.each(Object.keys(flowLambdas))("the flow %s may invoke only the Lambdas that it names", (name) => {
    const functions = (flowLambdas[name] ?? []).map((lambda) => `${lambda}ActionFunction`);
    const [invoke, delivery, traces, ...others] = rightsOf(template, `${name}FlowRole`);
    expect(invoke).toBe(`lambda:InvokeFunction on ${functions.join(" ")}`);
    expect(delivery).toMatch(/^(logs:\w+ )+on \*$/);
    expect(traces).toMatch(/^(xray:\w+ )+on \*$/);
    expect(others).toEqual([]);
  });

  test("there are no other roles, and no role has a managed policy", () => {
    const roles = resourcesOf(template, "AWS::IAM::Role");
    const expected = [
      ...Object.keys(lambdaRights).map((name) => `${name}ActionRole`),
      ...Object.keys(flowLambdas).map((name) => `${name}FlowRole`),
      "RecurringRole",
      "SchedulesRole",
    ];
    expect([...roles.keys()].sort()).toEqual(expected.sort());
    for (const { Properties } of roles.values()) {
      expect(Properties).not.toHaveProperty("ManagedPolicyArns");
      expect(Properties).not.toHaveProperty("Policies");
    }
  });

  test("services may assume a role only for this account, except Lambda, which sends no account", () => {
    for (const [id, { Properties }] of resourcesOf(template, "AWS::IAM::Role")) {
      const text = JSON.stringify(Properties.AssumeRolePolicyDocument);
      const isLambdas = text.includes('"lambda.amazonaws.com"');
      expect([id, isLambdas || text.includes('"aws:SourceAccount":{"Ref":"AWS::AccountId"}')]).toEqual([
        id,
        true,
      ]);
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
  test("run on nodejs24.x and arm64 with X-Ray, each with its own role and log group", () => {
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

  const common = {
    CODER_URL: "https://coder.example.com",
    AGENT_GITHUB_USERNAME: "coder-agent",
    CODER_TASK_NAME_PREFIX: "gh",
    CODER_BACKEND: "auto",
    CODER_FACTORY_TEMPLATE: "code-factory",
    CODER_CHAT_IDENTITY: "bot",
    CODER_ORGANIZATION: "default",
    COMMENT_MIN_PERMISSION: "write",
    MAX_CI_ROUNDS: "10",
    CI_SETTLE_MINUTES: "5",
    NOTIFY: "mention",
    LOG_FORMAT: "json",
    GITHUB_API_URL: "https://api.github.com",
    POWERTOOLS_METRICS_NAMESPACE: "coder-task-relay",
  };

  const githubApp = { GITHUB_APP_SECRET_ARN: "SecretsGitHubApp" };
  const coder = { CODER_TOKEN_SECRET_ARN: "SecretsCoderToken", TASK_MARK_SECRET_ARN: "SecretsTaskMark" };
  const table = { TABLE_NAME: "StorageTable" };
  const schedules = {
    SCHEDULE_GROUP: "coder-task-relay",
    SCHEDULE_ROLE_ARN: "SchedulesRole",
    SCHEDULE_DEAD_LETTERS_ARN: "DeadLetters",
    CREATE_TASK_FLOW_ARN: machine("create-task"),
  };
  const flows = {
    CREATE_TASK_FLOW_ARN: machine("create-task"),
    DELETE_TASK_FLOW_ARN: machine("delete-task"),
    FORWARD_COMMENT_FLOW_ARN: machine("forward-comment"),
    RELAY_FAILURE_FLOW_ARN: machine("relay-failure"),
    SYNC_REPO_CONFIG_FLOW_ARN: machine("sync-repo-config"),
    WATCH_PULLS_FLOW_ARN: machine("watch-pulls"),
    TRACK_PULL_FLOW_ARN: machine("track-pull"),
  };
  const own: Record<string, Record<string, string>> = {
    Webhook: { ...githubApp, ...table, WEBHOOK_SECRET_ARN: "SecretsWebhook", ...flows },
    ClaimWork: { ...githubApp, ...table },
    MatchFailedRun: { ...githubApp, ...table },
    StartBranchTask: { CREATE_TASK_FLOW_ARN: machine("create-task") },
    CreateTask: { ...coder, ...table },
    ObserveTask: { ...coder, ...table },
    EndTask: { ...coder, ...table },
    Announce: { ...githubApp, ...table },
    FindTask: {
      ...githubApp,
      ...coder,
      ...table,
      RELAY_FAILURE_FLOW_ARN: machine("relay-failure"),
    },
    ExplainRefusal: { ...githubApp, ...table },
    RelayLogs: { ...githubApp, ...table },
    TrackPull: { ...githubApp, ...coder, ...table },
    PauseTask: { ...githubApp, ...coder, ...table },
    WatchPulls: { ...githubApp, ...table, RELAY_FAILURE_FLOW_ARN: machine("relay-failure") },
    PutIntoInbox: { ...githubApp, ...table, DRAIN_INBOX_FLOW_ARN: machine("drain-inbox") },
    WakeDrain: { ...table, DRAIN_INBOX_FLOW_ARN: machine("drain-inbox") },
    ResumeTask: { ...coder, ...table },
    SendInbox: { ...githubApp, ...coder, ...table },
    KeepInbox: { ...githubApp, ...coder, ...table },
    AnnounceWait: { ...githubApp, ...table },
    AnnounceSilence: { ...githubApp, ...table },
    SyncSchedules: { ...githubApp, ...table, ...schedules },
    CheckConfig: { ...githubApp, ...table },
    SyncInstallation: { ...githubApp, ...table, ...schedules },
    StartFollowing: { ...coder, ...table, FOLLOW_TASK_FLOW_ARN: machine("follow-task") },
    ObserveProgress: { ...coder, ...table },
    AnnounceProgress: { ...githubApp, ...table },
    Attend: { ...githubApp, ...coder, ...table },
    Redrive: { ...githubApp, ...table },
    Redeliver: { ...githubApp, ...table },
    Reconcile: { ...githubApp, ...table, ...flows, ...schedules },
    ReportFailure: { ...githubApp, ...table },
  };

  test.each(Object.keys(lambdaRights))("%s has the ARNs that it may use in its environment", (name) => {
    expect(variablesOf(template, name)).toEqual({ ...common, ...own[name] });
  });

  test("have the instructions for the agent in their environment, if they are set", () => {
    const instructions = {
      COMMENT_INSTRUCTION: "Reply first.",
      FAILURE_INSTRUCTION: "Reproduce it first.",
      SEVERAL_INSTRUCTION: "One push for all.",
    };
    const { stack } = createStack(instructions);
    expect(variablesOf(templateOf(stack), "SendInbox")).toMatchObject(instructions);
  });
});

test("a change of settings does not overwrite secrets that operators have filled in", () => {
  const { stack } = createStack({ CODER_URL: "https://other.example.com", CODER_TEMPLATE_NAME: "other" });
  const secrets = resourcesOf(templateOf(stack), "AWS::SecretsManager::Secret");
  expect(secrets).toEqual(resourcesOf(template, "AWS::SecretsManager::Secret"));
});
