import type { BranchFailed, IssueEvent, JobDue, TaskClosed } from "./event.js";

/**
 * What a task is for, and so which record and which inbox are its: GitHub's ids, so that it survives renames and
 * tells organisations apart.
 */
export interface TaskKey {
  repositoryId: number;
  /** An issue's number; `job#<name>` of a scheduled job; `run#<workflow id>#<branch>` of a workflow that fails. */
  work: string;
}

export function taskKey(source: WorkSource): TaskKey {
  const repositoryId = source.repository.id;
  if ("issue" in source) return issueKey(repositoryId, source.issue.number);
  if ("job" in source) return { repositoryId, work: `job#${source.job.name}` };
  return { repositoryId, work: `run#${source.run.workflowId}#${source.run.branch}` };
}

export function issueKey(repositoryId: number, issue: number): TaskKey {
  return { repositoryId, work: String(issue) };
}

/** Where an issue is, and through which installation of the App it is spoken on. */
export type IssueSource = Pick<IssueEvent, "installation" | "repository" | "issue">;

/** Where the work of a task comes from: an issue, a scheduled job, a workflow that fails on a branch. */
export type WorkSource =
  | IssueSource
  | Pick<JobDue, "installation" | "repository" | "job">
  | Pick<BranchFailed, "installation" | "repository" | "run">;

/** What the status comment can say. */
export const taskStates = [
  "created",
  "running",
  "waiting",
  "stopped",
  "completed",
  "refused",
  "failed",
] as const;
export type TaskState = (typeof taskStates)[number];

export interface TaskStatus {
  state: TaskState;
  /** Somebody has to do something, though nothing has failed: work without an issue tells it in its tracking issue. */
  isUrgent?: boolean;
  /** For people: the reason and the remedy of a refusal or a failure. */
  detail?: string;
  /** For people: what the agent was not told, and why. */
  denial?: string;
  /** Where an operator finds the run: the name of an execution, or a delivery's GUID. */
  reference?: string;
}

/** Which Coder API a task lives in. */
export const backends = ["tasks", "chats"] as const;
export type Backend = (typeof backends)[number];

/** The Coder task that serves an issue. `id` and `url` are there once it has been created. */
export interface TaskLocation {
  backend: Backend;
  /** The Coder user who owns it. */
  owner: string;
  name: string;
  id?: string | undefined;
  /** Its page, for people. */
  url?: string | undefined;
  /** The workspace that was made for it, and goes with it. */
  workspaceId?: string | undefined;
  /**
   * When Coder was asked for that workspace (milliseconds since the epoch), right after its name was seen to be free:
   * one of this name that has appeared since is the task's, though the answer was lost.
   */
  workspaceAskedAt?: number | undefined;
}

/**
 * Who is about to create or to remove a task, or to stop its agent, and until when (milliseconds since the epoch)
 * nobody else may.
 */
export interface Claimed {
  holder: string;
  until: number;
}

/** What is known of one piece of work: one DynamoDB item. A refusal leaves one with a status alone. */
export interface TaskRecord {
  /**
   * Counts the events that said what should be done. It is the fencing token of the flows: whoever
   * holds an older number has been overtaken, and changes nothing any more.
   */
  intent?: number;
  /** Whether the newest of these events wanted the agent to work. */
  wanted?: boolean;
  /** Its delivery, so that a repeated claim is no new one. */
  intentDelivery?: string;
  /** When it happened, by GitHub's clock. */
  intentAt?: string;
  /** The work as that event told of it: what is needed to speak on it. */
  source?: WorkSource;
  /** Why it did not. */
  endReason?: TaskClosed["reason"];
  task?: TaskLocation;
  /** The delivery that the task was created for, and whose words it was created with. */
  startedBy?: string;
  /** The delivery whose words it was told last, instead of a task of their own. */
  toldBy?: string;
  /** A creation, or a removal, that is under way. */
  creating?: Claimed;
  /** An agent that is being stopped, by the intent that wants it. Whoever wants it to work waits for the end of that. */
  stopping?: Claimed;
  /** It was stopped by the relay, or may have been: it has to be told to go on. */
  stopped?: boolean;
  /** The name of the last task that was deleted, and when (milliseconds since the epoch). */
  formerName?: string;
  formerEndedAt?: number;
  status?: TaskStatus;
  /** What Coder knew of the work when it was last looked at, for people. */
  report?: string;
  /** Which run of `follow-task` looks on: a newer one has taken the place of any other. */
  follower?: string;
  /** The status comment; of work without an issue, the number of its tracking issue. */
  commentId?: number;
  /** The issue has no status comment of an earlier record: it was searched for when the work was claimed. */
  commentSearched?: boolean;
  /** Who is about to create it, and until when (milliseconds since the epoch) nobody else may. */
  commentLock?: string;
  commentLockUntil?: number;
  /** DynamoDB's time to live, in seconds since the epoch. */
  expiresAt?: number;
}

/** Whether a run that looks on is still the one that may speak: not overtaken, neither by an event nor by another. */
export function isFollowedBy(
  record: TaskRecord,
  { intent, follower }: { intent: number; follower: string },
): boolean {
  return record.intent === intent && record.follower === follower && record.wanted !== false;
}
