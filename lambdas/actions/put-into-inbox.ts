import * as z from "zod/mini";
import {
  branchFailureEntry,
  commentEntry,
  commentIdentity,
  failureEntry,
  jobEntry,
} from "../inbox/entries.js";
import { Inbox, type PutOutcome } from "../inbox/inbox.js";
import {
  branchFailedSchema,
  inboxEventSchema,
  jobDueSchema,
  subjectSchema,
  taskRequestedSchema,
} from "../model/event.js";
import { parseInput, taskKeySchema } from "../model/flow-input.js";
import { planSchema } from "../model/plan.js";
import { inboxEnvironment } from "../runtime/environment.js";
import { log } from "../runtime/log.js";

const inputSchema = z.object({
  event: z.discriminatedUnion("type", [
    inboxEventSchema,
    jobDueSchema,
    branchFailedSchema,
    taskRequestedSchema,
  ]),
  key: taskKeySchema,
  /** Of a failed run: the pull request, and the summary of its logs. */
  subject: z.optional(subjectSchema),
  text: z.optional(z.string()),
  /** Of what the repository's config asks for. */
  plan: z.optional(planSchema),
});
const { MAX_CI_ROUNDS: maxRounds } = inboxEnvironment();

/** `limit`: too many failures in a row were relayed; somebody has to say something first. */
export interface Put {
  outcome: PutOutcome | "withdrawn" | "limit";
}

/** Puts what happened into the task's inbox, or takes it back. */
export async function handler(input: unknown): Promise<Put> {
  const { event, key, subject, text, plan } = parseInput(inputSchema, input);
  const inbox = new Inbox(key);
  const outcome = await (async () => {
    switch (event.type) {
      case "comment_withdrawn":
        await inbox.withdraw(commentIdentity(event.comment), event.delivery);
        return "withdrawn";
      case "comment_posted":
        return inbox.put(commentEntry(event), { isHumanWord: event.sender.type !== "Bot" });
      case "check_failed": {
        const isElsewhere = event.repository.id !== key.repositoryId;
        if (!isElsewhere && ((await inbox.state()).failureRounds ?? 0) >= maxRounds) return "limit";
        if (!subject) throw new TypeError("A failed run comes with the pull request that it is of.");
        return inbox.put(failureEntry(event, subject, key, text ?? ""), { isHumanWord: false });
      }
      case "branch_failed":
        return inbox.put(branchFailureEntry(event, plan?.prompt ?? ""), { isHumanWord: false });
      case "job_due":
        if (!plan) throw new TypeError("A scheduled job comes with its plan.");
        return inbox.put(jobEntry(event, plan), { isHumanWord: false });
      case "task_requested":
        // There is nothing to tell: the task works on the issue already.
        return "ignored";
    }
  })();
  log.info("Put into the inbox", { event: event.type, ...key, outcome });
  return { outcome };
}
