import { createHash } from "node:crypto";
import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import type { TaskKey } from "../model/record.js";
import { limits } from "../text/limits.js";
import { askAws } from "./ask.js";

/** `__PURE__` lets the bundler drop the client if a Lambda starts nothing. */
const client = /* @__PURE__ */ new SFNClient({
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 500, requestTimeout: 2500, throwOnRequestTimeout: true },
});

/**
 * The name of the execution for a delivery: the flow, the repository or account, the number, and the whole GUID. So Step
 * Functions itself rejects a redelivery. A name has at most 80 characters of `[0-9A-Za-z_-]`; if it is too long, the
 * repository's name is cut.
 */
export function executionName(
  flow: string,
  repository: string,
  number: number | string,
  delivery: string,
): string {
  const room = limits.aws.executionName.max - `${flow}---${number}`.length - delivery.length;
  const readable = repository.replace(/[^0-9A-Za-z_-]/g, "-").slice(0, Math.max(0, room));
  return `${flow}-${readable}-${number}-${delivery}`;
}

/**
 * The name of a drain: the inbox and its generation. It doesn't contain the task's name, which can change within a
 * generation: two drains of one generation would then have different names. Work other than an issue appears as a hash,
 * because the name of a job or branch can be long and contain any characters.
 */
export function drainName({ repositoryId, work }: TaskKey, generation: number): string {
  const isNumber = /^\d+$/.test(work);
  const hash = createHash("sha256").update(work).digest("hex").slice(0, 16);
  const kind = work.slice(0, Math.max(0, work.indexOf("#")));
  return `drain-${repositoryId}-${isNumber ? work : `${kind}-${hash}`}-${generation}`;
}

/** The outcome of a start: the execution is new, it is already running, or one of this name has already ended. */
export type Start = "started" | "running" | "closed";

/**
 * Starts an execution. Step Functions answers a second start of the same name and input with the running execution,
 * which started before this request. Throws a `TransientError` if Step Functions fails or throttles.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 */
export async function startExecution(stateMachineArn: string, name: string, input: unknown): Promise<Start> {
  // The two clocks may differ by some milliseconds; at worst, GitHub gets a 200 instead of a 202.
  const sentAt = Date.now();
  // Lambda's own trace, so X-Ray connects the execution to the invocation that started it.
  const { _X_AMZN_TRACE_ID: traceHeader } = process.env;
  const command = new StartExecutionCommand({
    stateMachineArn,
    name,
    input: JSON.stringify(input),
    ...(traceHeader && { traceHeader }),
  });
  try {
    const { startDate } = await askAws(
      { service: "Step Functions", operation: `StartExecution (${name})` },
      (options) => client.send(command, options),
    );
    return startDate !== undefined && startDate.getTime() < sentAt ? "running" : "started";
  } catch (error) {
    if (error instanceof Error && error.name === "ExecutionAlreadyExists") return "closed";
    throw error;
  }
}
