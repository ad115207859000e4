import { ArnFormat, type Stack } from "aws-cdk-lib";
import type { FlowName } from "../definition/action-spec.js";

/** The name of a flow's state machine in AWS. */
export function flowStateMachineName(stack: Stack, flow: FlowName): string {
  return `${stack.stackName}-${flow}`;
}

/**
 * The ARN of a flow's state machine, built from names. A reference would be circular: a machine depends on the
 * Lambdas that it invokes, and a Lambda that starts a flow would depend on the machine.
 */
export function flowArn(stack: Stack, flow: FlowName): string {
  return stack.formatArn({
    service: "states",
    resource: "stateMachine",
    resourceName: flowStateMachineName(stack, flow),
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/** The ARN of executions. `names` is the state machine's name, a colon, and a pattern for the executions' names. */
export function executionsArn(stack: Stack, names: string): string {
  return stack.formatArn({
    service: "states",
    resource: "execution",
    resourceName: names,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}
