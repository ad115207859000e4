import { connectGitHub } from "../github/app.js";
import { postIfAllowed } from "../github/post-if-allowed.js";
import { RepositoryClient } from "../github/repository.js";
import type { CommentPosted, InboxEvent, StartingEvent, Subject, TaskRequested } from "../model/event.js";
import type { Plan } from "../model/plan.js";
import { pullKey, type TaskKey } from "../model/record.js";
import type { Relayed } from "../model/relayed.js";
import { log } from "../runtime/log.js";
import { measure } from "../runtime/metrics.js";
import { Inbox, type PutOutcome, type StoredPut } from "./inbox.js";
import {
  commentIdentity,
  inputOfBranchFailure,
  inputOfComment,
  inputOfJob,
  inputOfPull,
  inputOfRequest,
  inputsOfFailure,
} from "./inputs.js";
import type { NewInput } from "./stored-input.js";
import { type DrainStarter, wakeDrain } from "./waking.js";

/** An event for the inbox of the task `key`, with what the flow has found out about it. */
export interface Putting {
  event: InboxEvent | StartingEvent;
  key: TaskKey;
  /** The pull request of a CI failure, and the failure's content for the agent. */
  subject?: Subject | undefined;
  relayed?: Relayed | undefined;
  /** The plan of a scheduled job or of a failing branch. */
  plan?: Plan | null | undefined;
  /** Whether the flow has found a task; `false` if the task is still being created. */
  hasTask?: boolean | undefined;
}

/**
 * `limit`: `maxRounds` messages about failures in a row were sent, and no others will be until somebody comments.
 * `person` and `approval`: the agent gets nothing, as `relayedSchema` explains.
 */
export interface Put {
  outcome: PutOutcome | "withdrawn" | "limit" | "person" | "approval";
}

/**
 * Puts an event into the task's inbox and wakes the drain, or withdraws a deleted comment. Once a comment is in the inbox,
 * it gets 👀.
 */
export async function putIntoInbox(
  putting: Putting,
  { maxRounds, ...starter }: DrainStarter & { maxRounds: number },
): Promise<Put> {
  const { event, key, hasTask } = putting;
  const { outcome, meta } = await put(new Inbox(key), putting, { ...starter, maxRounds });
  log.info("Put into the inbox", { event: event.type, ...key, outcome });
  if (outcome === "put" || outcome === "ignored") {
    await Promise.all([wakeDrain(starter, key, { meta, hasTask }), isSaid(event) && acknowledge(event)]);
  }
  return { outcome };
}

async function put(
  inbox: Inbox,
  { event, key, subject, relayed, plan }: Putting,
  { maxRounds, store }: Pick<DrainStarter, "store"> & { maxRounds: number },
): Promise<Put & Pick<StoredPut, "meta">> {
  switch (event.type) {
    case "comment_withdrawn":
      await inbox.withdraw(commentIdentity(event.comment), event.delivery);
      return { outcome: "withdrawn" };
    case "comment_posted":
      return inbox.put(inputOfComment(event), { isHuman: event.sender.type !== "Bot" });
    case "check_failed":
    case "check_reported":
    case "pull_conflicted":
    case "pull_dequeued": {
      if (!subject || !relayed) {
        throw new TypeError(
          "The input of a CI failure lacks its pull request, `subject`, or its text, `relayed`.",
        );
      }
      if (relayed.silence !== "")
        return { outcome: relayed.silence === "nothing" ? "ignored" : relayed.silence };
      // The agent may have been unassigned while the flow waited for other checks.
      const given = subject.givenSha && (await store.get(pullKey(event.repository.id, subject.number)));
      if (given && !given.wanted) return { outcome: "ignored" };
      const isElsewhere = event.repository.id !== key.repositoryId;
      if (!isElsewhere) {
        const { failureRounds = 0 } = await inbox.meta.read();
        measure("CiRounds", failureRounds);
        if (failureRounds >= maxRounds) return { outcome: "limit" };
      }
      return putFailures(inbox, inputsOfFailure(event, subject, key, relayed));
    }
    case "pull_changed": {
      const input = inputOfPull(event);
      return input ? inbox.put(input, { isHuman: false }) : { outcome: "ignored" };
    }
    case "branch_failed":
      return inbox.put(inputOfBranchFailure(event, plan?.prompt ?? ""), { isHuman: false });
    case "job_due":
      if (!plan) throw new TypeError("The input of a scheduled job lacks its `plan`.");
      return inbox.put(inputOfJob(event, plan), { isHuman: false });
    case "task_requested": {
      const { ask } = event.issue;
      // The issue's task already works on the issue, so there is nothing to send.
      return ask === undefined
        ? { outcome: "ignored" }
        : inbox.put(inputOfRequest(event, ask), { isHuman: true });
    }
  }
}

/** Puts all of them at once, so a running drain sends them in one message. */
async function putFailures(inbox: Inbox, inputs: readonly NewInput[]): Promise<StoredPut> {
  const puts = await Promise.all(inputs.map((input) => inbox.put(input, { isHuman: false })));
  const outcome = puts.some((one) => one.outcome === "put") ? "put" : "ignored";
  const metas = puts.flatMap(({ meta }) => meta ?? []);
  return { outcome, meta: metas.sort((a, b) => (a.stored ?? 0) - (b.stored ?? 0)).at(-1) };
}

/** Whether it gets 👀, which shows its author that it was received: a comment, or a pull request given to the agent. */
function isSaid(event: Putting["event"]): event is CommentPosted | TaskRequested {
  return event.type === "comment_posted" || event.type === "task_requested";
}

/** Reacts with 👀. Never throws, because the input is already in the inbox and must not be put again. */
async function acknowledge(event: CommentPosted | TaskRequested): Promise<void> {
  const { installation, repository } = event;
  const [kind, id] =
    "comment" in event
      ? ([event.comment.kind, event.comment.id] as const)
      : (["pull", event.issue.number] as const);
  try {
    const octokit = (await connectGitHub()).installation(installation);
    await postIfAllowed({ said: `👀 on a ${kind}`, repositoryId: repository.id }, () =>
      new RepositoryClient(octokit, repository).acknowledge(kind, id),
    );
  } catch (error) {
    log.warn("Could not react with 👀", { repositoryId: repository.id, kind, id, error });
  }
}
