import type { BranchFailed, IssueEvent, JobDue, Person, PullAsk, Subject, TaskClosed } from "./event.js";

/**
 * The work that a task is for, as the key of its record and its inbox. It consists of GitHub's ids, so it survives
 * renames and is unique across organizations.
 */
export interface TaskKey {
  repositoryId: number;
  /**
   * An issue's number; `pull#<number>` for a pull request that the agent was given; `job#<name>` for a scheduled job;
   * `run#<workflow id>#<branch>` for a failing workflow.
   */
  work: string;
}

export function taskKey(source: WorkSource): TaskKey {
  const repositoryId = source.repository.id;
  if ("issue" in source) {
    const { ask, number } = source.issue;
    return ask === undefined ? issueKey(repositoryId, number) : pullKey(repositoryId, number);
  }
  if ("job" in source) return { repositoryId, work: `job#${source.job.name}` };
  return { repositoryId, work: `run#${source.run.workflowId}#${source.run.branch}` };
}

export function issueKey(repositoryId: number, issue: number): TaskKey {
  return { repositoryId, work: String(issue) };
}

/** A pull request of somebody else that the agent was given. */
export function pullKey(repositoryId: number, pull: number): TaskKey {
  return { repositoryId, work: `pull#${pull}` };
}

/** The key of the record in the table. */
export function recordKey({ repositoryId, work }: TaskKey): { pk: string; sk: string } {
  return { pk: `task#${repositoryId}#${work}`, sk: "record" };
}

/** An issue, or a pull request that the agent was given, and the App's installation that has access to it. */
export type IssueSource = Pick<IssueEvent, "installation" | "repository" | "issue">;

/** The source of a task's work: an issue or a pull request, a scheduled job, or a workflow that fails on a branch. */
export type WorkSource =
  | IssueSource
  | Pick<JobDue, "installation" | "repository" | "job">
  | Pick<BranchFailed, "installation" | "repository" | "run">;

/** The states of the status comment. */
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
  /** Somebody has to act although nothing has failed. For work without an issue, this opens a tracking issue. */
  isUrgent?: boolean;
  /** For people: the reason and the remedy of a refusal or a failure. */
  detail?: string;
  /** For people: an input that the agent did not get, and why. */
  denial?: string;
  /** For a failure: the relay retries it automatically. */
  isRetried?: boolean;
  /** A person has to decide what happens next: the name of this transition, and its pull request. */
  asks?: { transition: string; pull: Subject };
  /** For a refusal: when the refused event happened, by GitHub's clock. */
  refusedAt?: string;
  /** Lets an operator find the run: the name of an execution, or a delivery's GUID. */
  reference?: string;
}

/** Which Coder API a task lives in. */
export const backends = ["tasks", "chats"] as const;
export type Backend = (typeof backends)[number];

/** The Coder task of a piece of work. `id` and `url` are set once it has been created. */
export interface TaskLocation {
  backend: Backend;
  /** The Coder user who owns it. */
  owner: string;
  name: string;
  id?: string | undefined;
  /** Its page, for people. */
  url?: string | undefined;
  /** The workspace that was created for it, and is deleted with it. */
  workspaceId?: string | undefined;
  /**
   * When we asked Coder for that workspace (milliseconds since the epoch), right after we had seen that its name was
   * free. If a workspace with this name has appeared since, it is the task's, even if the answer was lost.
   */
  workspaceAskedAt?: number | undefined;
}

/**
 * A lease on creating or removing a task, or on stopping its agent: who holds it, and until when (milliseconds since the
 * epoch).
 */
export interface Claimed {
  holder: string;
  until: number;
}

/** Where a pull request stands. A draft is also open. */
export type PullState = "open" | "draft" | "merged" | "closed";

export function isOpen(state: PullState): boolean {
  return state === "open" || state === "draft";
}

/** The state of a pull request's newest commit on GitHub. */
export interface PullChecks {
  headSha: string;
  /** `false` if there is a conflict; missing while GitHub is computing it. */
  isMergeable?: boolean | undefined;
  /** `failed` if one has failed, otherwise `running` while one is running; `none` if there are none. */
  result: "passed" | "failed" | "running" | "none";
  /** Since when the commit has had this result: milliseconds since the epoch. */
  at: number;
}

/** A pull request of a task, as we last saw it on GitHub. */
export interface TaskPull {
  /** Its id in GitHub's GraphQL API. */
  nodeId: string;
  /** The repository that it is to be merged into. If that isn't the task's repository, it is public. */
  repository: { id: number; owner: string; name: string };
  number: number;
  /** Its page. */
  url: string;
  state: PullState;
  /** If it is somebody else's: what the agent is asked to do with it. */
  ask?: PullAsk | undefined;
  /** When it last changed, by GitHub's clock. */
  updatedAt: string;
  /** The delivery that reported this state. Only its flow, or a repetition of that flow, acts on the state. */
  learntBy: string;
  /** Missing until they have been read. */
  checks?: PullChecks;
}

/** Whether a person has been notified of a transition. */
export interface Told {
  /** Milliseconds since the epoch. */
  at: number;
  /** `false` while the outcome is unknown. */
  isDone: boolean;
}

/** Whether all of a task's pull requests are closed, and the last one was merged. */
export function endsMerged(pulls: readonly TaskPull[] = []): boolean {
  const last = pulls.toSorted((a, b) => a.updatedAt.localeCompare(b.updatedAt)).at(-1);
  return last?.state === "merged" && !pulls.some(({ state }) => isOpen(state));
}

/**
 * Everything that the relay stores about one piece of work, as one DynamoDB item. After a refusal it has only a status.
 */
export interface TaskRecord {
  /**
   * Counts the events that have claimed the work. It is the fencing token of the flows: a flow with an older number has
   * been superseded and may not change anything.
   */
  intent?: number;
  /** Whether the newest of these events wanted the agent to work. */
  wanted?: boolean;
  /** The delivery of that event, to recognize a repeated claim. */
  intentDelivery?: string;
  /** When it happened, by GitHub's clock. */
  intentAt?: string;
  /** The work as that event describes it; needed to comment on it. */
  source?: WorkSource;
  /** The person who asked for the work of an issue, and who is notified if somebody has to act. */
  requester?: Person;
  /** The reason why the newest event ended the work. */
  endReason?: TaskClosed["reason"];
  task?: TaskLocation;
  /**
   * For a pull request: the issue that it closes, if that issue's task has taken it up. It then has no task of its own.
   */
  joined?: string;
  /** The delivery that the task was created for. The agent has its prompt. */
  startedBy?: string;
  /** When that event happened, by GitHub's clock. The agent has read what was said before. */
  startedAt?: string;
  /** The last time in which the agent was unassigned, by GitHub's clock. What was said then is not for it. */
  unassigned?: { from: string; to?: string };
  /** The last delivery whose prompt was put into the inbox because the task already existed. */
  toldBy?: string;
  /** A creation or removal that is in progress. */
  creating?: Claimed;
  /**
   * A stop of the agent that is in progress, held under its intent. A flow that wants the agent to work waits until it is
   * done.
   */
  stopping?: Claimed;
  /** The relay has, or may have, stopped the agent, so it has to tell the agent to continue. */
  stopped?: boolean;
  /**
   * For an agent that reports no state: a fingerprint of its screen, and how many checks in a row it has stayed the same.
   */
  shown?: { screen: string; looks: number };
  /** The name of the last task that was deleted, and when (milliseconds since the epoch). */
  formerName?: string;
  formerEndedAt?: number;
  status?: TaskStatus;
  /**
   * The pull requests for this work: the agent's, and those of others that it has taken up. In the order in which they
   * were added.
   */
  pulls?: TaskPull[];
  /** Counts their changes. Each change is conditional on this number, so two flows can't overwrite each other's. */
  pullChanges?: number;
  /** When the status was written: milliseconds since the epoch. */
  statusAt?: number;
  /** The last transitions that the requester was notified of, by name. */
  told?: Record<string, Told>;
  /** Counts the changes of `told`. */
  tellings?: number;
  /** Coder's last report on the work, for people. */
  report?: string;
  /** The execution of `follow-task` that may write. */
  follower?: string;
  /** The status comment; of work without an issue, the number of its tracking issue. */
  commentId?: number;
  /** The claim has searched the issue for a status comment from an earlier record and found none. */
  commentSearched?: boolean;
  /** The lock for creating it: who holds it, and until when (milliseconds since the epoch). */
  commentLock?: string;
  commentLockUntil?: number;
  /** DynamoDB's time to live, in seconds since the epoch. */
  expiresAt?: number;
}

/** Whether a follower may still write: neither a newer event nor another follower has superseded it. */
export function isFollowedBy(
  record: TaskRecord,
  { intent, follower }: { intent: number; follower: string },
): boolean {
  return record.intent === intent && record.follower === follower && record.wanted !== false;
}

/** Whether there is a wanted task, or one is being created. */
export function hasTask(record: TaskRecord | undefined): boolean {
  return record?.task !== undefined && record.wanted !== false;
}

/** Whether there is a wanted task that Coder has already created. */
export function isCreated(record: TaskRecord | undefined): boolean {
  return record?.task?.id !== undefined && record.wanted !== false;
}

/** Whether the work is a pull request that the agent should only review. */
export function isReview(source: WorkSource | undefined): boolean {
  return source !== undefined && "issue" in source && source.issue.ask === "review";
}
