import * as z from "zod/mini";
import { personalEventSchema, workEventSchema } from "./events/event.js";
import { parseInput, taskRepositorySchema } from "./flow-input.js";
import { connectGitHub } from "./github/app.js";
import { type Authorization, authorize } from "./github/authority.js";

const inputSchema = z.object({
  event: z.union([personalEventSchema, workEventSchema]),
  /** Where the task is that the event is for; left out where it can only be in the event's own repository. */
  repository: z.optional(taskRepositorySchema),
});

/**
 * Whether the person behind the event may make the agent work. A scheduled job and a failing branch have nobody behind
 * them but who has written the config file on the default branch; `plan-task` reads whether it still asks for them, and
 * for whom.
 */
export async function handler(input: unknown): Promise<Authorization> {
  const { event, repository = event.repository } = parseInput(inputSchema, input);
  if (event.type === "job_due" || event.type === "branch_failed") return { allowed: true, reason: "" };
  return authorize(await connectGitHub(), event, repository);
}
