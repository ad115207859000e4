import * as z from "zod/mini";
import { startEnvironment } from "./environment.js";
import { type BranchFailed, checkFailedSchema } from "./events/event.js";
import { executionName, startExecution } from "./executions/start.js";
import { parseInput } from "./flow-input.js";

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
