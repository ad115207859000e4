import { DescribeExecutionCommand, RedriveExecutionCommand } from "@aws-sdk/client-sfn";
import { flowNames } from "../../infra/definition/action-spec.js";
import { inParallel } from "../../lambdas/inbox/input-items.js";
import { type Deployment, executionArn } from "../deployment/deployment.js";
import { CommandError } from "../frame/exit.js";
import { stepFunctions } from "./clients.js";

/** A run that was found by its name or ARN. */
export interface FoundRun {
  name: string;
  arn: string;
  status: string;
  error?: string | undefined;
}

/** The outcome of a redrive: `refusal` is Step Functions' reason if it did not redrive the run. */
export interface Redrive {
  name: string;
  redriven: boolean;
  refusal?: string;
}

/**
 * The run with a reference, as shown by status comments and `failed`.
 *
 * @throws {CommandError} if there is none.
 */
export async function findRun(deployment: Deployment, reference: string): Promise<FoundRun> {
  const name = reference.split(":").at(-1) ?? reference;
  const found = await Promise.all(flowNames.map((flow) => describe(deployment, flow, name)));
  const run = found.find((one) => one !== undefined);
  if (run) return run;
  throw new CommandError(
    "notFound",
    `There is no run named "${name}" in ${deployment.title}. npm run relay -- failed lists failed runs; Step Functions deletes a run's data after 90 days.`,
  );
}

/** Redrives runs at the states that failed. If Step Functions rejects one, the others are still redriven. */
export function redrive(runs: readonly Pick<FoundRun, "name" | "arn">[]): Promise<Redrive[]> {
  return inParallel(runs, async ({ name, arn }) => {
    try {
      await stepFunctions.send(new RedriveExecutionCommand({ executionArn: arn }));
      return { name, redriven: true };
    } catch (error) {
      if (!(error instanceof Error) || error.name !== "ExecutionNotRedrivable") throw error;
      return { name, redriven: false, refusal: error.message };
    }
  });
}

async function describe(deployment: Deployment, flow: string, name: string): Promise<FoundRun | undefined> {
  const arn = executionArn(deployment, flow, name);
  try {
    const command = new DescribeExecutionCommand({ executionArn: arn });
    const { status = "", error } = await stepFunctions.send(command);
    return { name, arn, status, error };
  } catch (error) {
    // For a name that no execution can have, Step Functions answers InvalidArn.
    if (error instanceof Error && /^(ExecutionDoesNotExist|InvalidArn)$/.test(error.name)) return undefined;
    throw error;
  }
}
