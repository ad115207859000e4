import { RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import { DefinitionBody, LogLevel, StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import type { FlowName } from "../definition/action-spec.js";
import { type ActionName, actionNames, pascalCase } from "../definition/actions.js";
import type { Action } from "./action.js";
import { flowStateMachineName } from "./flow-names.js";

export interface FlowProps {
  name: FlowName;
  /** The definition, with its placeholders. */
  definition: string;
  actions: Readonly<Record<ActionName, Action>>;
  logRetention: RetentionDays;
}

/** A state machine has a placeholder `${…}` that the stack does not know. */
export class UnknownPlaceholderError extends Error {
  override readonly name = "UnknownPlaceholderError";
}

/** One state machine and its role, which may invoke only the Lambdas that the machine names. */
export class Flow extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: FlowProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const stateMachineName = flowStateMachineName(stack, props.name);
    const lambdaArns = actionsIn(props).map(
      (name) => [name, props.actions[name].lambda.functionArn] as const,
    );

    const role = new Role(this, "Role", {
      // Only this account's machines may assume it:
      // https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
      assumedBy: new ServicePrincipal("states.amazonaws.com", {
        conditions: { StringEquals: { "aws:SourceAccount": stack.account } },
      }),
      description: `Rights of the state machine ${stateMachineName}`,
    });
    if (lambdaArns.length > 0) {
      const resources = lambdaArns.map(([, arn]) => arn);
      role.addToPolicy(new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources }));
    }
    Validations.of(role).acknowledge({
      id: "AwsSolutions-IAM5[Resource::*]",
      reason:
        "Two statements for which AWS offers no resource: X-Ray's trace and sampling calls, and the log delivery calls (logs:CreateLogDelivery and its like) that Step Functions needs to write to the log group of this machine. Lambdas are named one by one.",
    });

    this.stateMachine = new StateMachine(this, "StateMachine", {
      stateMachineName,
      // Inline, because the CDK validates only inline definitions at synth, not S3 assets.
      definitionBody: DefinitionBody.fromString(props.definition),
      definitionSubstitutions: Object.fromEntries(
        lambdaArns.map(([name, arn]) => [`${pascalCase(name)}Arn`, arn]),
      ),
      role,
      logs: {
        destination: new LogGroup(this, "Logs", {
          // The prefix keeps the account's log resource policy below its limit of 5,120 characters:
          // https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
          logGroupName: `/aws/vendedlogs/states/${stateMachineName}`,
          retention: props.logRetention,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        // Leave out inputs, because they quote issues and comments of private repositories. Operators see them in the
        // execution history, which Step Functions keeps for 90 days and protects by its own permissions.
        includeExecutionData: false,
      },
      tracingEnabled: true,
    });
  }
}

/** The Lambdas that the definition names: `${CreateTaskArn}` is `create-task`. */
function actionsIn({ name, definition }: FlowProps): ActionName[] {
  const placeholders = new Set(
    [...definition.matchAll(/\$\{(\w+)\}/g)].map(([, placeholder = ""]) => placeholder),
  );
  return [...placeholders].map((placeholder) => {
    const action = actionNames.find((candidate) => placeholder === `${pascalCase(candidate)}Arn`);
    if (action) return action;
    throw new UnknownPlaceholderError(
      `statemachines/${name}.asl.json holds \${${placeholder}}; expected \${<Action>Arn} of infra/definition/actions.ts, for example \${CreateTaskArn}`,
    );
  });
}
