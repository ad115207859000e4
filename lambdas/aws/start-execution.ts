import { createHash } from "node:crypto";
import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import type { TaskKey } from "../model/record.js";
import { limits } from "../text/limits.js";
import { askAws } from "./ask.js";

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
  const room = limits.aws.executionName.max - `${flow}---${number}`.length - delivery.length;
  const readable = place.replace(/[^0-9A-Za-z_-]/g, "-").slice(0, Math.max(0, room));
  return `${flow}-${readable}-${number}-${delivery}`;
}

/**
 * The name of a drain: whose inbox, and which generation of it. It says nothing of the task, whose name may change
 * while the generation does not: two drains of one generation would then have different names. What is no issue's
 * number goes by a hash, for a job's name or a branch may be long, and of any characters.
 */
export function drainName({ repositoryId, work }: TaskKey, generation: number): string {
  const isNumber = /^\d+$/.test(work);
  const hash = createHash("sha256").update(work).digest("hex").slice(0, 16);
  const kind = work.slice(0, Math.max(0, work.indexOf("#")));
  return `drain-${repositoryId}-${isNumber ? work : `${kind}-${hash}`}-${generation}`;
}

/** What a start came to: it is new, the same one runs already, or one of this name is over. */
export type Start = "started" | "running" | "closed";

/**
 * Starts an execution. Step Functions answers a second start of the same name and input with the running
 * execution: that one is told by a start that was before this request. Throws a `TransientError` where Step
 * Functions fails or throttles.
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 */
export async function startExecution(stateMachineArn: string, name: string, input: unknown): Promise<Start> {
  // The two clocks may differ by some milliseconds; the worst of it is a 200 in the place of a 202.
  const sentAt = Date.now();
  const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
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
