import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { TransientError } from "../errors.js";

/** Step Functions' limit for an execution's name. */
const nameLength = 80;

const client = new SFNClient({
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 500, requestTimeout: 2500, throwOnRequestTimeout: true },
});

/**
 * The name of the execution that serves a delivery: what it does, where, and the GUID whole, so that Step
 * Functions itself refuses a redelivery. At most 80 characters of `[0-9A-Za-z_-]`; the place, a repository's name
 * as a rule, is what gets cut.
 */
export function executionName(
  flow: string,
  place: string,
  number: number | string,
  delivery: string,
): string {
  const room = nameLength - `${flow}---${number}`.length - delivery.length;
  const readable = place.replace(/[^0-9A-Za-z_-]/g, "-").slice(0, Math.max(0, room));
  return `${flow}-${readable}-${number}-${delivery}`;
}

/** What a start came to: it is new, the same one runs already, or one of this name is over. */
export type Start = "started" | "running" | "closed";

/**
 * Starts an execution. Step Functions answers a second start of the same name and input with the running
 * execution: that one is told by a start that was before this request. Throws where Step Functions fails or
 * throttles.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 */
export async function startExecution(stateMachineArn: string, name: string, input: unknown): Promise<Start> {
  // The two clocks may differ by some milliseconds; the worst of it is a 200 in the place of a 202.
  const sentAt = Date.now();
  try {
    const { startDate } = await client.send(
      new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }),
    );
    return startDate !== undefined && startDate.getTime() < sentAt ? "running" : "started";
  } catch (error) {
    if (error instanceof Error && error.name === "ExecutionAlreadyExists") return "closed";
    throw error;
  }
}

/** As `startExecution`, for a state that is retried: the answer of a failing Step Functions may name no error that is. */
export async function startOrRetry(stateMachineArn: string, name: string, input: unknown): Promise<Start> {
  try {
    return await startExecution(stateMachineArn, name, input);
  } catch (error) {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0;
    if (status >= 400 && status < 500) throw error;
    throw new TransientError(
      `Step Functions has not started ${name} (${status || "no answer"}). It is retried.`,
    );
  }
}
