import { randomBytes } from "node:crypto";
import { type FlowName, flowNames } from "../../infra/definition/action-spec.js";
import {
  type ActionName,
  actionNames,
  actions,
  environmentStem,
  pascalCase,
  recurringActions,
} from "../../infra/definition/actions.js";
import { readFlow } from "../../infra/definition/flow-source.js";
import { lambdaEnvironment } from "../../infra/definition/settings.js";
import { CloudWatch } from "../aws/cloudwatch/cloudwatch.js";
import { type LocalDynamoDb, loadDynamoDb, startDynamoDb } from "../aws/dynamodb/dynamodb.js";
import { Lambda } from "../aws/lambda/lambda.js";
import { type Credentials, makeCredentials, region } from "../aws/protocol/signature.js";
import { Scheduler } from "../aws/scheduler/scheduler.js";
import { SecretsManager } from "../aws/secrets-manager/secrets-manager.js";
import { StepFunctions } from "../aws/step-functions/step-functions.js";
import { loadDefinition } from "../engine/definition.js";
import { Engine } from "../engine/engine.js";
import { FakeCoder, type FakeCoderOptions } from "../fake-coder/fake-coder.js";
import { prepareAppKey } from "../fake-github/app/app-key.js";
import { FakeGitHub, type FakeGitHubOptions } from "../fake-github/fake-github.js";
import { CallLimit } from "../lambda-host/call-limit.js";
import type { Ingress } from "../lambda-host/ingress.js";
import { LambdaHost, type LambdaLogLine } from "../lambda-host/lambda-host.js";
import { type MetricValue, metricsIn } from "../lambda-host/metrics.js";
import type { State } from "../state/state.js";
import { readConfiguration, type Secrets } from "./configuration.js";
import { FailureReports } from "./failure-reports.js";
import { putConfiguredSecrets } from "./initial-secrets.js";
import { Usage } from "./usage.js";

const tableName = "coder-task-relay";
const scheduleGroup = "coder-task-relay";
const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:000000000000:${resource}`;
/** The name of an action's Lambda in the local Lambda API. */
const functionName = (action: string) => `coder-task-relay-${action}`;
const functionArn = (name: string) => arn("lambda", `function:${name}`);
const nameIn = (function_: string) => function_.slice(function_.lastIndexOf(":") + 1) as ActionName;
export const flowArn = (name: string) => arn("states", `stateMachine:coder-task-relay-${name}`);
const schedulerRole = "arn:aws:iam::000000000000:role/scheduler";
/** The flow's name from its state machine's ARN. */
export const flowOf = (machineArn: string) => machineArn.slice(flowArn("").length);

/**
 * How many Lambdas run at once. AWS would add containers, but a single thread with more calls than it can handle only makes
 * them time out.
 */
const mostCalls = 24;

/** A delivery waits no longer than this, because GitHub gives up after 10 s. */
const longestDelayMs = 5_000;

export interface SystemOptions {
  /**
   * Settings and secrets by the names of `.env.example`. Without GITHUB_API_URL or CODER_URL a fake is started
   * instead, with the secrets that clients need.
   */
  settings: Readonly<Record<string, string | undefined>>;
  /** The path of each Lambda's bundle. */
  bundles: Readonly<Record<ActionName, string>>;
  /** The port of the HTTP API. Default: any free port. */
  port?: number;
  /**
   * Factor for the waits and the retry intervals of the state machines, and for the time between two runs of a
   * schedule; with 0, schedules fire only by hand. Default: 1.
   */
  timeScale?: number;
  gitHub?: FakeGitHubOptions;
  coder?: FakeCoderOptions;
  /**
   * Keeps what AWS would keep, so that executions continue where they stood. `close` closes it. Default: in memory only.
   */
  state?: State | undefined;
  /** Whether Scheduler calls the recurring Lambdas, as in AWS. Default: false, so tests call them by hand. */
  recurring?: boolean;
  /** Flows whose Lambdas are loaded at the start instead of at their first call. */
  preload?: readonly FlowName[];
  /** Keeps the Lambdas' threads for the next system of this process, which then starts faster. Default: false. */
  keepThreads?: boolean;
  /** Gets each line of the Lambdas' logs. */
  onLog?: (line: LambdaLogLine) => void;
  /** Gets each value of the Lambdas' metrics, as CloudWatch does. The log leaves these lines out. */
  onMetric?: (metric: MetricValue) => void;
}

/** The whole system in one process, with the bundles and the state machines that are deployed to AWS. */
export interface LocalSystem {
  api: Ingress;
  /** The URL for GitHub's deliveries. */
  webhookUrl: string;
  engine: Engine;
  stepFunctions: StepFunctions;
  scheduler: Scheduler;
  secretsManager: SecretsManager;
  dynamoDb: LocalDynamoDb;
  /** Created at the start; the AWS endpoints refuse all others. */
  credentials: Credentials;
  /** The environment of the Lambdas: settings, names, endpoints and credentials. */
  environment: Readonly<Record<string, string>>;
  /** Absent if GITHUB_API_URL names a real GitHub. */
  gitHub: FakeGitHub | undefined;
  /** Absent if CODER_URL names a real Coder. */
  coder: FakeCoder | undefined;
  /** Calls one Lambda. The default of `timeoutMs` is the Lambda's own timeout. */
  invoke(name: ActionName, payload: unknown, timeoutMs?: number): Promise<unknown>;
  /** Puts new values into Secrets Manager; the current ones become `AWSPREVIOUS`. */
  rotate(secrets: Partial<Secrets>): void;
  close(): Promise<void>;
}

export async function startSystem(options: SystemOptions): Promise<LocalSystem> {
  const { settings, timeScale = 1, state } = options;
  // Another thread generates the key while this one loads dynalite.
  await Promise.all([settings.GITHUB_API_URL ? undefined : prepareAppKey(), loadDynamoDb()]);
  const gitHub = settings.GITHUB_API_URL ? undefined : new FakeGitHub(gitHubOptions(options));
  const coder = settings.CODER_URL ? undefined : new FakeCoder(coderOptions(options));
  const configuration = readConfiguration(settings, { gitHub, coder });
  await Promise.all([gitHub?.listen(), coder?.listen()]);

  const credentials = makeCredentials();
  const secretsManager = new SecretsManager(credentials, state?.secrets);
  const dynamoDb = await startDynamoDb(tableName, credentials, state?.tablePath);
  const engine = new Engine({
    timeScale,
    journal: state?.executions,
    invoke: (name, payload) => invoke(nameIn(name), payload),
  });
  const stepFunctions = new StepFunctions(engine, credentials);
  const scheduler = new Scheduler(engine, {
    group: scheduleGroup,
    timeScale,
    credentials,
    kept: state?.schedules,
    invoke: (arn, payload) => invoke(nameIn(arn), payload),
  });
  const lambda = new Lambda({
    names: actionNames.map(functionName),
    credentials,
    invoke: (name, payload) => invoke(name.slice(functionName("").length) as ActionName, payload),
  });
  const cloudWatch = new CloudWatch({
    credentials,
    starts: (stateMachineArn) => engine.list({ stateMachineArn }).map(({ startDate }) => startDate),
  });
  const usage = new Usage(cloudWatch, tableName);
  dynamoDb.onCall = (call) => usage.table(call);
  if (state)
    for (const { server } of [secretsManager, stepFunctions, scheduler]) server.stored = state.stored;
  const endpoints = [secretsManager, stepFunctions, scheduler, lambda, cloudWatch];
  await Promise.all(endpoints.map((endpoint) => endpoint.listen()));

  const rotate = (values: Partial<Secrets>) => {
    for (const [name, value] of Object.entries(values)) secretsManager.put(name, value);
  };
  putConfiguredSecrets(configuration.secrets, secretsManager, state?.configuredSecrets);
  const hostOptions = {
    bundles: options.bundles,
    env: {
      ...lambdaEnvironment(configuration.settings),
      ...(gitHub && { GITHUB_API_URL: gitHub.apiUrl }),
      ...(coder && { CODER_URL: coder.url }),
      ...Object.fromEntries(flowNames.map((flow) => [`${environmentStem(flow)}_FLOW_ARN`, flowArn(flow)])),
      POWERTOOLS_METRICS_NAMESPACE: "coder-task-relay",
      TABLE_NAME: tableName,
      SCHEDULE_GROUP: scheduleGroup,
      SCHEDULE_ROLE_ARN: schedulerRole,
      SCHEDULE_DEAD_LETTERS_ARN: arn("sqs", "coder-task-relay-dead-letters"),
      WEBHOOK_SECRET_ARN: "webhook",
      GITHUB_APP_SECRET_ARN: "githubApp",
      CODER_TOKEN_SECRET_ARN: "coderToken",
      TASK_MARK_SECRET_ARN: "taskMark",
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ENDPOINT_URL_SFN: stepFunctions.url,
      AWS_ENDPOINT_URL_SCHEDULER: scheduler.url,
      AWS_ENDPOINT_URL_LAMBDA: lambda.url,
      AWS_ENDPOINT_URL_CLOUDWATCH: cloudWatch.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
      AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
    },
    keepThread: options.keepThreads ?? false,
    onLog: (output: LambdaLogLine) => {
      const measured = metricsIn(output.line);
      if (measured.length === 0) options.onLog?.(output);
      for (const metric of measured) options.onMetric?.(metric);
    },
  };
  // The webhook has its own thread, because in AWS it doesn't share a processor with flows either.
  const hosts = Promise.all([
    LambdaHost.start({ ...hostOptions, preload: ["webhook"] }),
    LambdaHost.start({ ...hostOptions, preload: (options.preload ?? []).flatMap(lambdasOf) }),
  ]);
  const functionArns = Object.fromEntries(
    actionNames.map((name) => [`${pascalCase(name)}Arn`, functionArn(name)]),
  );
  for (const flow of flowNames) {
    // A separate test validates them against the whole language.
    engine.addMachine(flowArn(flow), loadDefinition(readFlow(flow), functionArns), { isThorough: false });
  }
  const [webhook, flows] = await hosts;
  const limit = new CallLimit(mostCalls);
  const invoke = (name: ActionName, payload: unknown, timeoutMs = actions[name].timeoutSeconds * 1000) => {
    const host = name === "webhook" ? webhook : flows;
    const call = () => usage.call(functionName(name), () => host.invoke(name, payload, timeoutMs));
    return name === "webhook" ? call() : limit.call(call);
  };
  const report = (event: unknown) => invoke("report-failure", event);
  const reports = new FailureReports(engine, report, state?.reports, state?.stored);
  if (state) engine.recover(await state.executions.load());
  reports.resume();

  const api = await webhook.listen({
    module: new URL("../aws/api-gateway/http-api.mjs", import.meta.url).href,
    functionName: "webhook",
    timeoutMs: actions.webhook.timeoutSeconds * 1000,
    limit,
    patienceMs: longestDelayMs,
    onServed: (ms) => usage.called(functionName("webhook"), ms),
    ...(options.port !== undefined && { port: options.port }),
  });
  // Only once the API listens, because overdue schedules may cause deliveries to it.
  scheduler.resume();
  const webhookUrl = `${api.url}/webhooks/github`;
  if (gitHub) gitHub.webhookUrl = webhookUrl;
  for (const { name, expression } of options.recurring ? recurringActions : []) {
    const target = { Arn: functionArn(name), RoleArn: schedulerRole };
    scheduler.deploy(name, { ScheduleExpression: expression, Target: target });
  }

  return {
    api,
    webhookUrl,
    engine,
    stepFunctions,
    scheduler,
    secretsManager,
    dynamoDb,
    credentials,
    environment: hostOptions.env,
    gitHub,
    coder,
    invoke,
    rotate,
    async close() {
      await gitHub?.close();
      await api.close();
      scheduler.stop();
      await engine.close();
      await reports.settled();
      await Promise.all([webhook.close(), flows.close()]);
      await Promise.all([coder, dynamoDb, ...endpoints].map((endpoint) => endpoint?.close()));
      await state?.close();
    },
  };
}

/** The Lambdas that a flow calls, in the order of its states. */
function lambdasOf(flow: FlowName): ActionName[] {
  const called = [...readFlow(flow).matchAll(/\$\{(\w+)Arn\}/g)].map(([, name]) => name);
  return actionNames.filter((name) => called.includes(pascalCase(name)));
}

function gitHubOptions({ settings, gitHub }: SystemOptions): FakeGitHubOptions {
  return {
    ...(settings.APP_ID && { appId: settings.APP_ID }),
    ...(settings.WEBHOOK_SECRET && { webhookSecret: settings.WEBHOOK_SECRET }),
    ...(settings.AGENT_GITHUB_USERNAME && { agentLogin: settings.AGENT_GITHUB_USERNAME }),
    ...gitHub,
  };
}

function coderOptions({ settings, coder }: SystemOptions): FakeCoderOptions {
  // With a real GitHub, the fake Coder holds real prompts, so its token must not be guessable.
  return { token: settings.CODER_TOKEN || randomBytes(20).toString("hex"), ...coder };
}
