import { Stack, type StackProps } from "aws-cdk-lib";
import type { Code } from "aws-cdk-lib/aws-lambda";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import {
  type ActionName,
  type ActionSpec,
  actionNames,
  actions,
  type FlowName,
  flowNames,
  pascalCase,
} from "../definition/actions.js";
import { readFlow } from "../definition/flow-source.js";
import { lambdaEnvironment, type Settings } from "../definition/settings.js";
import { Action, type ActionContext } from "./action.js";
import { Flow, type FlowProps } from "./flow.js";
import { Ingress } from "./ingress.js";
import { Observability } from "./observability.js";
import { Schedules } from "./schedules.js";
import { Secrets } from "./secrets.js";
import { Storage } from "./storage.js";

export interface RelayStackProps extends StackProps {
  settings: Settings;
  /** The code of each Lambda: a folder with `index.mjs`, as `bundleLambdas` writes it. */
  lambdaCode: (name: ActionName) => Code;
  /** The definition of each state machine. Default: `readFlow`. */
  flowDefinition?: (name: FlowName) => string;
}

/** The whole relay: GitHub webhooks in, Coder tasks out. */
export class RelayStack extends Stack {
  constructor(scope: Construct, id: string, props: RelayStackProps) {
    super(scope, id, {
      description: "GitHub webhooks in, Coder AI tasks out (coder-task-relay)",
      ...props,
    });
    const { settings, lambdaCode, flowDefinition = readFlow } = props;
    const logRetention: RetentionDays = settings.LOG_RETENTION_DAYS;

    const lambdas = this.#createActions(lambdaCode, {
      environment: lambdaEnvironment(settings),
      logRetention,
      schedules: new Schedules(this, "Schedules"),
      secrets: new Secrets(this, "Secrets"),
      storage: new Storage(this, "Storage"),
    });
    const stateMachines = this.#createFlows((name) => ({
      name,
      definition: flowDefinition(name),
      actions: lambdas,
      logRetention,
    }));

    const webhook = lambdas.webhook.lambda;
    const { api } = new Ingress(this, "Ingress", { webhook, logRetention });
    const reportFailure = lambdas["report-failure"].lambda;
    const failureEmail = settings.FAILURE_EMAIL;
    new Observability(this, "Observability", {
      api,
      webhook,
      reportFailure,
      speakersLogs: actionNames.filter(speaksOnGitHub).map((name) => lambdas[name].lambda.logGroup),
      stateMachines,
      failureEmail,
    });
  }

  #createActions(
    lambdaCode: RelayStackProps["lambdaCode"],
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

/** Lambdas that post as the App; GitHub may refuse their posts. */
function speaksOnGitHub(name: ActionName): boolean {
  const { secrets }: ActionSpec = actions[name];
  return secrets.includes("githubApp");
}
