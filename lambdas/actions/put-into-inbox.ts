import * as z from "zod/mini";
import { connectGitHub } from "../github/app.js";
import { postIfAllowed } from "../github/post-if-allowed.js";
import { RepositoryClient } from "../github/repository.js";
import { Inbox, type PutOutcome } from "../inbox/inbox.js";
import {
  commentIdentity,
  inputOfBranchFailure,
  inputOfComment,
  inputOfFailedRun,
  inputOfJob,
} from "../inbox/inputs.js";
import { wakeDrain } from "../inbox/waking.js";
import {
  branchFailedSchema,
  type CommentPosted,
  inboxEventSchema,
  jobDueSchema,
  subjectSchema,
  taskRequestedSchema,
} from "../model/event.js";
import { parseInput, taskKeySchema } from "../model/flow-input.js";
import { planSchema } from "../model/plan.js";
import { drainEnvironment, inboxEnvironment } from "../runtime/environment.js";
import { log } from "../runtime/log.js";
import { TaskStore } from "../tasks/store.js";

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
const { DRAIN_INBOX_FLOW_ARN: drainFlow } = drainEnvironment();
const store = new TaskStore();

/** `limit`: too many failures in a row were relayed; somebody has to say something first. */
export interface Put {
  outcome: PutOutcome | "withdrawn" | "limit";
}

/**
 * Puts what happened into the task's inbox and wakes the drain that sends it, or takes it back. A comment that is in
 * the inbox gets 👀.
 */
export async function handler(input: unknown): Promise<Put> {
  const { event, key, subject, text, plan } = parseInput(inputSchema, input);
  const inbox = new Inbox(key);
  const outcome = await (async () => {
    switch (event.type) {
      case "comment_withdrawn":
        await inbox.withdraw(commentIdentity(event.comment), event.delivery);
        return "withdrawn";
      case "comment_posted":
        return inbox.put(inputOfComment(event), { isHuman: event.sender.type !== "Bot" });
      case "check_failed": {
        const isElsewhere = event.repository.id !== key.repositoryId;
        if (!isElsewhere && ((await inbox.meta.read()).failureRounds ?? 0) >= maxRounds) return "limit";
        if (!subject) throw new TypeError("A failed run comes with the pull request that it is of.");
        return inbox.put(inputOfFailedRun(event, subject, key, text ?? ""), { isHuman: false });
      }
      case "branch_failed":
        return inbox.put(inputOfBranchFailure(event, plan?.prompt ?? ""), { isHuman: false });
      case "job_due":
        if (!plan) throw new TypeError("A scheduled job comes with its plan.");
        return inbox.put(inputOfJob(event, plan), { isHuman: false });
      case "task_requested":
        // There is nothing to tell: the task works on the issue already.
        return "ignored";
    }
  })();
  log.info("Put into the inbox", { event: event.type, ...key, outcome });
  if (outcome !== "limit" && outcome !== "withdrawn") {
    await Promise.all([
      wakeDrain({ drainFlow, store }, key),
      event.type === "comment_posted" && acknowledge(event),
    ]);
  }
  return { outcome };
}

/** 👀 on a comment. Never throws: it is a courtesy, and the comment is in the inbox already. */
async function acknowledge({ comment, installation, repository }: CommentPosted): Promise<void> {
  try {
    const octokit = (await connectGitHub()).installation(installation);
    await postIfAllowed({ said: "👀 on a comment", repositoryId: repository.id }, () =>
      new RepositoryClient(octokit, repository).acknowledge(comment.kind, comment.id),
    );
  } catch (error) {
    log.warn("A comment gets no 👀", { repositoryId: repository.id, comment: comment.id, error });
  }
}
