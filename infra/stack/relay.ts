import { CfnOutput, Stack } from "aws-cdk-lib";
import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import type { Code } from "aws-cdk-lib/aws-lambda";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Topic } from "aws-cdk-lib/aws-sns";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { type ActionSpec, type FlowName, flowNames } from "../definition/action-spec.js";
import { type ActionName, actionNames, actions, pascalCase } from "../definition/actions.js";
import { readFlow } from "../definition/flow-source.js";
import { lambdaEnvironment, parseSettings } from "../definition/settings.js";
import { Action, type ActionContext } from "./action.js";
import { deadLetterQueue } from "./dead-letters.js";
import { Flow, type FlowProps } from "./flow.js";
import { Ingress } from "./ingress.js";
import { Observability } from "./observability.js";
import { Outbound, type RelayNetwork } from "./outbound.js";
import { Recurring } from "./recurring.js";
import type { RelaySettings } from "./relay-settings.js";
import { Schedules } from "./schedules.js";
import { Secrets } from "./secrets.js";
import { Storage } from "./storage.js";

export interface CoderTaskRelayProps {
  /** The settings of docs/settings.md. `CODER_URL` and `AGENT_GITHUB_USERNAME` are required. */
  settings: RelaySettings;
  /** The code of each Lambda: a folder with `index.mjs`, as `bundleLambdas` writes it. */
  lambdaCode: (name: ActionName) => Code;
  /** Places the Lambdas that call GitHub and Coder in an existing VPC. Default: no VPC. */
  network?: RelayNetwork | undefined;
  /** The definition of each state machine. Default: `readFlow`. */
  flowDefinition?: (name: FlowName) => string;
}

/**
 * The whole relay: GitHub webhooks in, Coder tasks out. The names of its resources begin with the stack's name, and its
 * outputs are the stack's, so each relay needs its own stack.
 *
 * @throws {SettingsError} which names every fault of the settings.
 */
export class CoderTaskRelay extends Construct {
  /** The HTTP API; its `apiEndpoint` and `/webhooks/github` are the webhook URL of the GitHub App. */
  readonly api: HttpApi;
  /** Receives failed flows and alarms; subscribe to it. */
  readonly failures: Topic;
  /** The state machines by flow, for your own alarms and dashboards. */
  readonly stateMachines: Readonly<Record<FlowName, StateMachine>>;

  constructor(scope: Construct, id: string, props: CoderTaskRelayProps) {
    super(scope, id);
    const { lambdaCode, network, flowDefinition = readFlow } = props;
    const given: Readonly<Record<string, unknown>> = { ...props.settings };
    const settings = parseSettings({ environment: {}, context: (name) => given[name] });
    const logRetention: RetentionDays = settings.LOG_RETENTION_DAYS;

    const deadLetters = deadLetterQueue(this, "DeadLetters");
    new CfnOutput(Stack.of(this), "DeadLettersUrl", {
      value: deadLetters.queueUrl,
      description:
        "This queue keeps failed calls by EventBridge Scheduler and failed runs of recurring Lambdas for 14 days.",
    });
    const lambdas = this.#createActions(lambdaCode, {
      environment: lambdaEnvironment(settings),
      logRetention,
      outbound: new Outbound(this, "Outbound", { network, certificates: settings.NODE_EXTRA_CA_CERTS }),
      schedules: new Schedules(this, "Schedules", { deadLetters }),
      secrets: new Secrets(this, "Secrets"),
      storage: new Storage(this, "Storage"),
    });
    this.stateMachines = this.#createFlows((name) => ({
      name,
      definition: flowDefinition(name),
      actions: lambdas,
      logRetention,
    }));

    const recurring = new Recurring(this, "Recurring", {
      lambdaOf: (name) => lambdas[name].lambda,
      deadLetters,
    });

    const webhook = lambdas.webhook.lambda;
    this.api = new Ingress(this, "Ingress", { webhook, logRetention }).api;
    const reportFailure = lambdas["report-failure"].lambda;
    const failureEmail = settings.FAILURE_EMAIL;
    const { failures } = new Observability(this, "Observability", {
      api: this.api,
      webhook,
      reportFailure,
      speakersLogs: actionNames.filter(speaksOnGitHub).map((name) => lambdas[name].lambda.logGroup),
      stateMachines: this.stateMachines,
      deadLetters,
      scheduleGroups: [Stack.of(this).stackName, recurring.groupName],
      failureEmail,
    });
    this.failures = failures;
  }

  #createActions(
    lambdaCode: CoderTaskRelayProps["lambdaCode"],
    context: Omit<ActionContext, "code">,
  ): Record<ActionName, Action> {
    const created = actionNames.map((name) => {
      const props = { ...context, name, spec: actions[name], code: lambdaCode(name) };
      return [name, new Action(this, `${pascalCase(name)}Action`, props)];
    });
    return Object.fromEntries(created) as Record<ActionName, Action>;
  }

  #createFlows(props: (name: FlowName) => FlowProps): Record<FlowName, StateMachine> {
    const created = flowNames.map((name) => {
      const { stateMachine } = new Flow(this, `${pascalCase(name)}Flow`, props(name));
      return [name, stateMachine];
    });
    return Object.fromEntries(created) as Record<FlowName, StateMachine>;
  }
}

/** Whether a Lambda posts as the App; GitHub may reject its posts. */
function speaksOnGitHub(name: ActionName): boolean {
  const { secrets }: ActionSpec = actions[name];
  return secrets.includes("githubApp");
}
