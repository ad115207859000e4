import * as z from "zod/mini";

/**
 * A classified delivery, which the flows get as `$.event`. The ingress limits every text, so an execution's input stays
 * far below Step Functions' 256 KiB. Two deliveries of the same GUID give identical events.
 */

export const name = z.string().check(z.minLength(1));

export const repositorySchema = z.object({
  /** GitHub's numeric id, which survives renames. */
  id: z.int().check(z.positive()),
  owner: name,
  /** The id of the owner's account; missing in events from an older version of the relay. */
  ownerId: z.optional(z.int()),
  name,
  private: z.boolean(),
});

export const personSchema = z.object({ id: z.int(), login: name, type: name });

/** What the agent is asked to do with a pull request of somebody else: work on its branch, or review it. */
export const pullAsks = ["work", "review"] as const;

/** An issue, or a pull request that the agent was given; both have the same kind of conversation. */
export const issueSchema = z.object({
  number: z.int().check(z.positive()),
  title: z.string(),
  url: name,
  /** The number of comments at that time; left out if GitHub did not send it. */
  comments: z.optional(z.int()),
  /** Only for a pull request. */
  ask: z.optional(z.enum(pullAsks)),
  /** For a pull request: its newest commit at that time. */
  headSha: z.optional(name),
  /** For a pull request: it was already closed when the agent was given it. */
  isClosed: z.optional(z.boolean()),
});

const origin = {
  /** The idempotency key: the delivery's GUID, or a scheduled job's scheduled time. */
  delivery: name,
  /** The W3C trace context of a delivery (`traceparent.ts`); missing in events from an older version of the relay. */
  traceparent: z.optional(name),
  /** The App's installation that includes the repository. */
  installation: z.int(),
  repository: repositorySchema,
  /** When it happened, by GitHub's or Scheduler's clock (ISO 8601, to the second). */
  at: name,
};

export const base = { ...origin, sender: personSchema };

/** The agent should work on the issue or the pull request. */
export const taskRequestedSchema = z.object({
  ...base,
  type: z.literal("task_requested"),
  issue: issueSchema,
});

/** The agent should no longer work on the issue or the pull request. */
export const taskClosedSchema = z.object({
  ...base,
  issue: issueSchema,
  type: z.literal("task_closed"),
  reason: z.enum(["closed", "deleted", "transferred", "unassigned"]),
  /** Whether the agent was among the assignees or reviewers: only then do we search Coder for an unrecorded task. */
  agentAssigned: z.boolean(),
});

/** An event about the issue or pull request itself, which says whether the agent should work on it. */
export const issueEventSchema = z.discriminatedUnion("type", [taskRequestedSchema, taskClosedSchema]);

/** The issue or pull request that a comment is on. */
export const subjectSchema = z.object({
  kind: z.enum(["issue", "pull"]),
  number: z.int().check(z.positive()),
  url: name,
  /** For a pull request that was assigned to the agent: its newest commit at that time. */
  givenSha: z.optional(name),
});

/** The kinds of comments: under an issue or pull request, on lines of a diff, or the text of a review. */
export const commentKinds = ["comment", "review_comment", "review"] as const;

const commentBase = { kind: z.enum(commentKinds), id: z.int() };

export const commentSchema = z.object({
  ...commentBase,
  url: name,
  /** The author; the sender may be somebody else who edited it. */
  author: name,
  authorId: z.optional(z.int()),
  /** Cleaned, and truncated if it is long. */
  body: z.string(),
  /** How many bytes of the body were cut off. */
  missingBytes: z.optional(z.int()),
  createdAt: name,
  updatedAt: name,
  /** The text before the edit; left out for a new comment. */
  previousBody: z.optional(z.string()),
  path: z.optional(name),
  line: z.optional(z.int()),
  startLine: z.optional(z.int()),
  /** `LEFT` if the line, or the first of several, is in the old version of the file. */
  side: z.optional(z.string()),
  startSide: z.optional(z.string()),
  /** The lines belong to an earlier commit and are no longer in the newest diff. */
  isOutdated: z.optional(z.boolean()),
  /** That commit, if GitHub names it. */
  commit: z.optional(name),
  reviewState: z.optional(name),
  /** The review that a comment on lines of a diff is part of. */
  review: z.optional(z.int()),
  /** The GitHub App through which it was written. */
  appId: z.optional(z.int()),
});

/** Somebody posted or edited a comment. */
export const commentPostedSchema = z.object({
  ...base,
  type: z.literal("comment_posted"),
  subject: subjectSchema,
  /** Whether the agent is among the assignees or reviewers, as far as the payload says. */
  agentAssigned: z.boolean(),
  comment: commentSchema,
});

/** A comment was deleted. */
export const commentWithdrawnSchema = z.object({
  ...base,
  type: z.literal("comment_withdrawn"),
  subject: subjectSchema,
  agentAssigned: z.boolean(),
  comment: z.object(commentBase),
});

export const runSchema = z.object({
  id: z.int(),
  attempt: z.int(),
  workflowId: z.int(),
  workflow: name,
  url: name,
  conclusion: name,
  /** GitHub's name of the event that started it, such as `push`. */
  event: z.optional(name),
  /** The person who caused it and the person who started this attempt. */
  actors: z.optional(z.array(personSchema)),
  branch: name,
  headSha: name,
  /** The repository of the head commit: the same one, or a fork. */
  headRepository: z.object({ id: z.int(), owner: name }),
  /** Numbers of the pull requests that GitHub names; none if the head is in a fork. */
  pulls: z.array(z.int()),
});

/**
 * If pull requests of several tasks contain the commit: the pull request that this execution is for. The first task's
 * execution names none.
 */
const oneOfSeveral = { onlyPull: z.optional(z.int()) };

/** A workflow run has failed. */
export const checkFailedSchema = z.object({
  ...base,
  ...oneOfSeveral,
  type: z.literal("check_failed"),
  run: runSchema,
});

/**
 * The source of a report on a commit: another App's check run, a commit status, or a workflow run that needs approval.
 */
export const reportKinds = ["check_run", "status", "workflow_run"] as const;

/** CI other than a failed workflow run reports on a commit. The flow reads the report itself from GitHub. */
export const checkReportedSchema = z.object({
  ...base,
  ...oneOfSeveral,
  type: z.literal("check_reported"),
  report: z.object({
    kind: z.enum(reportKinds),
    id: z.int(),
    /** The name of a check run or workflow; the context of a status. */
    name,
    headSha: name,
    /** `true` if a maintainer has to act before it runs; `false` if it has failed. */
    needsApproval: z.boolean(),
    /** Whether the commit is on no branch of the repository, because it is in a fork or its branch is gone. */
    isInFork: z.boolean(),
  }),
});

/** A pull request can't be merged: its newest commit and its base branch change the same lines. */
export const pullConflictedSchema = z.object({
  ...base,
  type: z.literal("pull_conflicted"),
  pull: z.object({ number: z.int(), url: name, headSha: name, baseBranch: name, baseSha: name }),
});

/** A merge queue has removed a pull request because the checks failed on the commit that would have merged it. */
export const pullDequeuedSchema = z.object({
  ...base,
  type: z.literal("pull_dequeued"),
  /** GitHub's name for the reason, such as `CI_FAILURE`. */
  reason: name,
  pull: z.object({ number: z.int(), url: name, headSha: name, baseBranch: name }),
});

/** A base branch or one of the agent's pull requests has new commits, so there may be conflicts. */
export const pullsMovedSchema = z.object({
  ...base,
  type: z.literal("pulls_moved"),
  /** The base branch, or the pull request. */
  moved: z.union([z.object({ branch: name }), z.object({ pull: z.int() })]),
});

/** GitHub's actions on a pull request that matter to its task. */
export const pullActions = [
  "opened",
  "closed",
  "reopened",
  "ready_for_review",
  "converted_to_draft",
  "edited",
] as const;

/** One of the agent's pull requests was opened, was closed, or may now belong to another task. */
export const pullChangedSchema = z.object({
  ...base,
  type: z.literal("pull_changed"),
  action: z.enum(pullActions),
  subject: subjectSchema,
});

/** A scheduled job is due. EventBridge Scheduler starts `create-task` with this event. */
export const jobDueSchema = z.object({
  ...origin,
  type: z.literal("job_due"),
  job: z.object({ name }),
});

/** A workflow has failed on a branch for which the repository's config assigns failures to the agent. */
export const branchFailedSchema = z.object({
  ...origin,
  type: z.literal("branch_failed"),
  run: runSchema,
  /** The summary of its logs, made by `relay-logs`. */
  text: z.string(),
});

/** An event that says whether a task is wanted. */
export const workEventSchema = z.discriminatedUnion("type", [
  issueEventSchema,
  jobDueSchema,
  branchFailedSchema,
]);

/** An event for the agent's inbox. */
export const inboxEventSchema = z.discriminatedUnion("type", [
  commentPostedSchema,
  commentWithdrawnSchema,
  checkFailedSchema,
  checkReportedSchema,
  pullConflictedSchema,
  pullDequeuedSchema,
  pullChangedSchema,
]);

/** An event with a person behind it, who needs permission to make the agent work (see `authorize`). */
export const personalEventSchema = z.discriminatedUnion("type", [issueEventSchema, inboxEventSchema]);

/** An event that wants a task. */
export const startingEventSchema = z.discriminatedUnion("type", [
  taskRequestedSchema,
  jobDueSchema,
  branchFailedSchema,
]);

export type Repository = z.output<typeof repositorySchema>;
export type Person = z.output<typeof personSchema>;
export type Issue = z.output<typeof issueSchema>;
export type PullAsk = (typeof pullAsks)[number];
export type TaskRequested = z.output<typeof taskRequestedSchema>;
export type TaskClosed = z.output<typeof taskClosedSchema>;
export type IssueEvent = z.output<typeof issueEventSchema>;
export type Subject = z.output<typeof subjectSchema>;
export type Comment = z.output<typeof commentSchema>;
export type CommentPosted = z.output<typeof commentPostedSchema>;
export type CommentWithdrawn = z.output<typeof commentWithdrawnSchema>;
export type CheckFailed = z.output<typeof checkFailedSchema>;
export type CheckReported = z.output<typeof checkReportedSchema>;
export type PullConflicted = z.output<typeof pullConflictedSchema>;
export type PullDequeued = z.output<typeof pullDequeuedSchema>;
export type PullsMoved = z.output<typeof pullsMovedSchema>;
export type PullChanged = z.output<typeof pullChangedSchema>;
export type Run = z.output<typeof runSchema>;
export type JobDue = z.output<typeof jobDueSchema>;
export type BranchFailed = z.output<typeof branchFailedSchema>;
export type StartingEvent = z.output<typeof startingEventSchema>;
export type WorkEvent = z.output<typeof workEventSchema>;
export type InboxEvent = z.output<typeof inboxEventSchema>;
export type PersonalEvent = z.output<typeof personalEventSchema>;

/** What keeps the newest commit of a pull request from being merged. */
export type CommitFailure = CheckFailed | CheckReported | PullConflicted | PullDequeued;

/** The commit that a failure is about. */
export function headShaOf(event: CommitFailure): string {
  if (event.type === "check_failed") return event.run.headSha;
  return event.type === "check_reported" ? event.report.headSha : event.pull.headSha;
}
