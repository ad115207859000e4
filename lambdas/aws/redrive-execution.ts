import { DescribeExecutionCommand, RedriveExecutionCommand, SFNClient } from "@aws-sdk/client-sfn";
import { askAws } from "./ask.js";

const client = /* @__PURE__ */ new SFNClient({
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 500, requestTimeout: 2500, throwOnRequestTimeout: true },
});

/**
 * Whether an execution was redriven since it failed after so many redrives. Its status does not tell: the answer is only
 * eventually consistent, and may show a failed execution as running. One that Step Functions does not know was not redriven.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
 */
export async function wasRedriven(executionArn: string, redrives: number): Promise<boolean> {
  const command = new DescribeExecutionCommand({ executionArn });
  try {
    const { redriveCount = 0 } = await askAws(
      { service: "Step Functions", operation: "DescribeExecution" },
      (options) => client.send(command, options),
    );
    return redriveCount > redrives;
  } catch (error) {
    if (error instanceof Error && error.name === "ExecutionDoesNotExist") return false;
    throw error;
  }
}

/** The execution is running, has succeeded, is too old, or does not exist. */
const notRedrivable = ["ExecutionNotRedrivable", "ExecutionDoesNotExist"];

/**
 * Continues a failed execution at the state that failed; returns false if there is nothing to continue. Throws a
 * `TransientError` if Step Functions fails or throttles.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html
 */
export async function redriveExecution(executionArn: string): Promise<boolean> {
  const command = new RedriveExecutionCommand({ executionArn });
  try {
    await askAws({ service: "Step Functions", operation: "RedriveExecution" }, (options) =>
      client.send(command, options),
    );
    return true;
  } catch (error) {
    if (error instanceof Error && notRedrivable.includes(error.name)) return false;
    throw error;
  }
}
