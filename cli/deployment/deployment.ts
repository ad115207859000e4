import { settingNames } from "../../infra/definition/settings.js";

/** A deployed relay, in AWS or on this machine, with the environment of its Lambdas. */
export interface Deployment {
  /** For people: `the stack coder-task-relay in eu-west-1`. */
  title: string;
  isLocal: boolean;
  region: string;
  /** The names of the Lambdas and the state machines begin with this. */
  stackName: string;
  /** The account's id and the partition, as in ARNs. */
  account: string;
  partition: string;
  /** The stack's outputs, by their names in docs/deploy.md. */
  outputs: Readonly<Record<string, string>>;
  /** The environment of the Lambdas: settings, names and ARNs. It holds no secret. */
  environment: Readonly<Record<string, string>>;
}

/**
 * Gives this process the deployment's environment, so the Lambdas' clients and stores work here in the same way. Import
 * them only after this call, because they read their environment once.
 */
export function enter({ environment }: Deployment): void {
  for (const name of settingNames) delete process.env[name];
  // The Lambdas' logs and metrics would be mixed with the results.
  const quiet = { POWERTOOLS_LOG_LEVEL: "SILENT", POWERTOOLS_METRICS_DISABLED: "true" };
  Object.assign(process.env, environment, quiet);
}

/** The ARN of a flow's state machine. */
export function flowArn({ partition, region, account, stackName }: Deployment, flow: string): string {
  return `arn:${partition}:states:${region}:${account}:stateMachine:${stackName}-${flow}`;
}

/** The ARN of a run of a flow. */
export function executionArn(deployment: Deployment, flow: string, name: string): string {
  return `${flowArn(deployment, flow).replace(":stateMachine:", ":execution:")}:${name}`;
}

/** The name of a Lambda. */
export function functionName({ stackName }: Deployment, action: string): string {
  return `${stackName}-${action}`;
}
