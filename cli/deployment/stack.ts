import { CloudFormationClient, DescribeStacksCommand, type Stack } from "@aws-sdk/client-cloudformation";
import { GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { CommandError } from "../frame/exit.js";
import type { Deployment } from "./deployment.js";

/** Together, their environments contain every variable that any Lambda has. */
const describedActions = ["webhook", "send-inbox", "sync-schedules"];

/**
 * Whether a stack is incomplete: its first deployment is in progress, failed or was rolled back, or it is being deleted.
 */
export function isUnfinished({ StackStatus }: Partial<Stack>): boolean {
  return /^(REVIEW_|ROLLBACK_|DELETE_|CREATE_(?!COMPLETE))/.test(StackStatus ?? "");
}

/**
 * The stack in AWS, as described by CloudFormation and the environments of its Lambdas.
 *
 * @throws {CommandError} if there is no such stack or AWS can't be reached.
 */
export async function findStack(stackName: string): Promise<Deployment> {
  try {
    const stack = await describe(stackName);
    const [, partition = "", , region = "", account = ""] = stack.StackId?.split(":") ?? [];
    const lambda = new LambdaClient({});
    const environments = describedActions.map(async (action) => {
      const command = new GetFunctionConfigurationCommand({ FunctionName: `${stackName}-${action}` });
      return (await lambda.send(command)).Environment?.Variables ?? {};
    });
    return {
      title: `the stack ${stackName} in ${region}`,
      isLocal: false,
      region,
      stackName,
      account,
      partition,
      outputs: Object.fromEntries(
        (stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey ?? "", OutputValue ?? ""]),
      ),
      environment: { ...Object.assign({}, ...(await Promise.all(environments))), AWS_REGION: region },
    };
  } catch (error) {
    throw readable(error, stackName);
  }
}

async function describe(stackName: string): Promise<Stack> {
  const command = new DescribeStacksCommand({ StackName: stackName });
  const { Stacks: [stack] = [] } = await new CloudFormationClient({}).send(command);
  if (!stack)
    throw new CommandError("unreachable", `CloudFormation doesn't describe the stack ${stackName}.`);
  if (!isUnfinished(stack)) return stack;
  throw new CommandError(
    "unreachable",
    `The stack ${stackName} is incomplete (${stack.StackStatus}). Its events in CloudFormation say why; npm run deploy creates it again.`,
  );
}

function readable(error: unknown, stackName: string): Error {
  if (!(error instanceof Error) || error instanceof CommandError) return error as Error;
  const { name, message } = error;
  if (name === "ValidationError" && message.includes("does not exist")) {
    return new CommandError(
      "unreachable",
      `There is no stack ${stackName} in this account and region. Deploy it with npm run deploy, or name another with --stack and --region. For the system that npm start runs, use --local.`,
    );
  }
  if (name === "ResourceNotFoundException") {
    return new CommandError(
      "unreachable",
      `The stack ${stackName} is not a relay, or lacks a Lambda: ${message}. Name another with --stack, or deploy it with npm run deploy.`,
    );
  }
  if (message.startsWith("Region not accepted")) {
    return new CommandError(
      "unreachable",
      "AWS_REGION is not the name of an AWS region, such as eu-central-1. Correct it, or add --region.",
    );
  }
  if (message === "Region is missing") {
    return new CommandError("unreachable", "No AWS region is set. Add --region, or set AWS_REGION.");
  }
  if (name === "CredentialsProviderError") {
    return new CommandError(
      "unreachable",
      "There are no AWS credentials. Sign in, for example with aws sso login, or set AWS_PROFILE. For the system that npm start runs, use --local.",
    );
  }
  return new CommandError("unreachable", `AWS doesn't describe the stack ${stackName}: ${name}: ${message}`);
}
