import { Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { Settings } from "../definition/settings.js";
import { importNetwork } from "./outbound.js";
import { CoderTaskRelay, type CoderTaskRelayProps } from "./relay.js";

export interface RelayStackProps
  extends StackProps,
    Pick<CoderTaskRelayProps, "lambdaCode" | "flowDefinition"> {
  settings: Settings;
}

/** The stack of `npm run deploy`: a relay in the place that the settings name. */
export class RelayStack extends Stack {
  constructor(scope: Construct, id: string, { settings, ...props }: RelayStackProps) {
    super(scope, id, {
      stackName: settings.STACK_NAME,
      description: "GitHub webhooks in, Coder AI tasks out (coder-task-relay)",
      ...props,
    });
    // The CDK leaves "Default" out of logical ids, so they are the same as in a stack without the construct. If they
    // changed, CloudFormation would replace the table and the secrets of existing deployments.
    new CoderTaskRelay(this, "Default", { ...props, settings, network: importNetwork(this, settings) });
  }
}
