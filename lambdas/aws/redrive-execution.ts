import { RedriveExecutionCommand, SFNClient } from "@aws-sdk/client-sfn";
import { askAws } from "./ask.js";

const client = /* @__PURE__ */ new SFNClient({
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 500, requestTimeout: 2500, throwOnRequestTimeout: true },
});

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
