import * as z from "zod/mini";
import { checkFailedSchema } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import { startEnvironment } from "../runtime/environment.js";
import { startBranchTask } from "../tasks/branch-task.js";

const inputSchema = z.object({
  event: checkFailedSchema,
  /** The summary of the run's logs. */
  text: z.string(),
});
const { CREATE_TASK_FLOW_ARN: createTaskFlow } = startEnvironment();

/** Starts a task for a branch on which a workflow failed. */
export async function handler(input: unknown): Promise<void> {
  const { event, text } = parseInput(inputSchema, input);
  await startBranchTask(createTaskFlow, event, text);
}
