import type { Octokit } from "@octokit/rest";
import * as z from "zod/mini";
import { type Authorization, authorize } from "../accounts/authority.js";
import { isRepositoryServed } from "../accounts/served.js";
import { connectGitHub } from "../github/app.js";
import { personalEventSchema, workEventSchema } from "../model/event.js";
import { parseInput, taskRepositorySchema } from "../model/flow-input.js";
import { log } from "../runtime/log.js";

const inputSchema = z.object({
  event: z.union([personalEventSchema, workEventSchema]),
  /** Where the task is that the event is for; left out where it can only be in the event's own repository. */
  repository: z.optional(taskRepositorySchema),
});
type Event = z.output<typeof inputSchema>["event"];

/**
 * Whether the person behind the event may make the agent work. A scheduled job and a failing branch have nobody behind
 * them but who has written the config file on the default branch; `plan-task` reads whether it still asks for them, and
 * for whom.
 */
export async function handler(input: unknown): Promise<Authorization> {
  const { event, repository = event.repository } = parseInput(inputSchema, input);
  const app = await connectGitHub();
  if (!(await isServedNow(event, app.installation(event.installation)))) {
    log.warn("The account is not served", { event: event.type, account: event.repository.owner });
    return { allowed: false, reason: "" };
  }
  if (event.type === "job_due" || event.type === "branch_failed") return { allowed: true, reason: "" };
  return authorize(app, event, repository);
}

/**
 * Whether the account is served. The webhook has asked it already for what GitHub has delivered, unless GitHub did not
 * answer; Scheduler, a redrive and anybody who may start a flow come by another way. A job's repository may have
 * another owner by now.
 */
function isServedNow({ type, repository }: Event, octokit: Octokit): Promise<boolean> {
  const { ownerId: _, ...unowned } = repository;
  return isRepositoryServed(octokit, type === "job_due" ? unowned : repository);
}
