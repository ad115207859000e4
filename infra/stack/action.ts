import { Duration, RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Architecture,
  type Code,
  Function as LambdaFunction,
  Runtime,
  Tracing,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { type ActionSpec, flowNames, tableRights } from "../definition/action-spec.js";
import { type ActionName, environmentStem } from "../definition/actions.js";
import { resourceInFinding } from "./findings.js";
import { executionsArn, flowArn, flowStateMachineName } from "./flow-names.js";
import type { Outbound } from "./outbound.js";
import type { Schedules } from "./schedules.js";
import type { Secrets } from "./secrets.js";
import type { Storage } from "./storage.js";

/** The properties that all actions share. */
export interface ActionContext {
  code: Code;
  /** The settings, as `lambdaEnvironment` returns them. */
  environment: Record<string, string>;
  logRetention: RetentionDays;
  outbound: Outbound;
  schedules: Schedules;
  secrets: Secrets;
  storage: Storage;
}

export interface ActionProps extends ActionContext {
  name: ActionName;
  spec: ActionSpec;
}

/** One Lambda and its role, which holds exactly the rights of its `ActionSpec`. */
export class Action extends Construct {
  readonly lambda: LambdaFunction;

  constructor(scope: Construct, id: string, props: ActionProps) {
    super(scope, id);
    const { name, spec } = props;
    const functionName = `${Stack.of(this).stackName}-${name}`;
    const logGroup = new LogGroup(this, "Logs", {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const usesTable = Object.keys(tableRights(spec)).length > 0;
    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      description: `Rights of the Lambda ${functionName}`,
    });
    logGroup.grantWrite(role);
    this.lambda = new LambdaFunction(this, "Function", {
      functionName,
      description: spec.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: "index.handler",
      code: props.code,
      role,
      logGroup,
      timeout: Duration.seconds(spec.timeoutSeconds),
      memorySize: spec.memoryMb,
      tracing: Tracing.ACTIVE,
      ...props.outbound.options(spec),
      environment: {
        ...environmentFor(spec, props.environment),
        POWERTOOLS_METRICS_NAMESPACE: Stack.of(this).stackName,
        ...(usesTable && { TABLE_NAME: props.storage.table.tableName }),
        ...props.secrets.environment(spec.secrets),
        ...(spec.schedules && props.schedules.environment()),
        ...props.outbound.environment(spec),
        ...this.#flowEnvironment(spec),
      },
    });
    Validations.of(role).acknowledge({
      id: "AwsSolutions-IAM5[Resource::*]",
      reason:
        "X-Ray's PutTraceSegments and PutTelemetryRecords have no resource type to narrow them to; they only write this function's own traces. In a VPC, Lambda also needs EC2's calls for network interfaces, whose ids are unknown; the function's own code is denied them. These are the only statements of this role without a named resource.",
    });
    props.outbound.grantConnect(role, spec, functionName);
    this.#grantRights(role, props);
  }

  #flowEnvironment(spec: ActionSpec): Record<string, string> {
    const starts = spec.starts ?? [];
    return Object.fromEntries(
      starts.map((flow) => [`${environmentStem(flow)}_FLOW_ARN`, flowArn(Stack.of(this), flow)]),
    );
  }

  #grantOnExecutions(role: Role, operation: "RedriveExecution" | "DescribeExecution"): void {
    const stack = Stack.of(this);
    const names = flowNames.map((flow) => `${flowStateMachineName(stack, flow)}:*`);
    const resources = names.map((name) => executionsArn(stack, name));
    role.addToPolicy(new PolicyStatement({ actions: [`states:${operation}`], resources }));
    for (const name of names) {
      Validations.of(role).acknowledge({
        id: `AwsSolutions-IAM5${resourceInFinding(stack, "states", `execution:${name}`)}`,
        reason: `${operation} needs an execution's ARN, and the names of executions are not known at deployment. They are limited to those of the relay's own state machines.`,
      });
    }
  }

  #grantRights(role: Role, { spec, schedules, secrets, storage }: ActionProps): void {
    for (const secret of spec.secrets) secrets.grantRead(role, secret);
    for (const [prefix, rights] of Object.entries(tableRights(spec)))
      storage.grantItems(role, prefix, rights);
    if (spec.schedules === "read") schedules.grantRead(role);
    if (spec.schedules === "keep") schedules.grantKeep(role);
    if (spec.redrives) this.#grantOnExecutions(role, "RedriveExecution");
    if (spec.examines) this.#grantOnExecutions(role, "DescribeExecution");
    if (spec.starts?.length) {
      role.addToPolicy(
        new PolicyStatement({
          actions: ["states:StartExecution"],
          resources: spec.starts.map((flow) => flowArn(Stack.of(this), flow)),
        }),
      );
    }
  }
}

/** A Lambda's environment holds only 4 KB, so the instructions for the agent are left out where nothing reads them. */
function environmentFor({ composes }: ActionSpec, all: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => composes || !name.endsWith("_INSTRUCTION")),
  );
}
