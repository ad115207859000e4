import * as z from "zod/mini";
import { executionName, startExecution } from "../aws/start-execution.js";
import { type BranchFailed, checkFailedSchema } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import { startEnvironment } from "../runtime/environment.js";

const inputSchema = z.object({
  event: checkFailedSchema,
  /** The summary of the run's logs. */
  text: z.string(),
});
const { CREATE_TASK_FLOW_ARN: createTaskFlow } = startEnvironment();

/** Lets the agent take up a branch on which a workflow has failed. The run's own delivery starts it once only. */
export async function handler(input: unknown): Promise<void> {
  const { event, text } = parseInput(inputSchema, input);
  const { delivery, installation, repository, at, run } = event;
  const failed: BranchFailed = { type: "branch_failed", delivery, installation, repository, at, run, text };
  const name = executionName("create-task", repository.name, run.id, delivery);
  await startExecution(createTaskFlow, name, { event: failed });
}
