import type { BranchFailed, IssueEvent, JobDue, Person, PullAsk, Subject, TaskClosed } from "./event.js";

/**
 * The work that a task is for: the key of its record and its inbox. It is made of GitHub's ids, so it survives renames and
 * tells organizations apart.
 */
export interface TaskKey {
  repositoryId: number;
  /**
   * An issue's number; `pull#<number>` of a pull request that the agent was given; `job#<name>` of a scheduled job;
   * `run#<workflow id>#<branch>` of a workflow that fails.
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

/** An issue, or a pull request that the agent was given, and the installation of the App that reaches it. */
export type IssueSource = Pick<IssueEvent, "installation" | "repository" | "issue">;

/** Where the work of a task comes from: an issue or a pull request, a scheduled job, a workflow that fails on a branch. */
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
  /** Somebody has to act although nothing has failed: for work without an issue, a tracking issue is opened. */
  isUrgent?: boolean;
  /** For people: the reason and the remedy of a refusal or a failure. */
  detail?: string;
  /** For people: which input the agent did not get, and why. */
  denial?: string;
  /** Of a failure: the relay tries it again by itself. */
  isRetried?: boolean;
  /** A person has to say how to go on: the name of this transition, and the pull request that it is about. */
  asks?: { transition: string; pull: Subject };
  /** Of a refusal: when the event that is refused happened, by GitHub's clock. */
  refusedAt?: string;
  /** By this an operator finds the run: the name of an execution, or a delivery's GUID. */
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
   * When Coder was asked for that workspace (milliseconds since the epoch), right after its name was seen to be free. A
   * workspace of this name that has appeared since is the task's, even if the answer was lost.
   */
  workspaceAskedAt?: number | undefined;
}

/**
 * A lock: who is creating or removing a task, or stopping its agent, and until when (milliseconds since the epoch) nobody
 * else may.
 */
export interface Claimed {
  holder: string;
  until: number;
}

/** Where a pull request stands. A draft is open, too. */
export type PullState = "open" | "draft" | "merged" | "closed";

export function isOpen(state: PullState): boolean {
  return state === "open" || state === "draft";
}

/** What GitHub says about the newest commit of a pull request. */
export interface PullChecks {
  headSha: string;
  /** `false` if there is a conflict; missing while GitHub computes it. */
  isMergeable?: boolean | undefined;
  /** `failed` if one has failed, else `running` while one runs; `none` if nothing was reported. */
  result: "passed" | "failed" | "running" | "none";
  /** Since when the commit has had this result: milliseconds since the epoch. */
  at: number;
}

/** A pull request of a task, as GitHub has shown it last. */
export interface TaskPull {
  /** Its id in GitHub's GraphQL API. */
  nodeId: string;
  /** The repository that it is to be merged into; of another repository than the task's, a public one. */
  repository: { id: number; owner: string; name: string };
  number: number;
  /** Its page. */
  url: string;
  state: PullState;
  /** What the agent is asked to do with it, if it is somebody else's. */
  ask?: PullAsk | undefined;
  /** When it was changed last, by GitHub's clock. */
  updatedAt: string;
  /** The delivery that this state was learnt by: its flow acts on it, and so does a repetition of that flow. */
  learntBy: string;
  /** Missing until they were looked at. */
  checks?: PullChecks;
}

/** How far a person was told of a transition. */
export interface Told {
  /** Milliseconds since the epoch. */
  at: number;
  /** `false` while the outcome is unknown. */
  isDone: boolean;
}

/** Whether none of a task's pull requests is open any more, and the one that ended last was merged. */
export function endsMerged(pulls: readonly TaskPull[] = []): boolean {
  const last = pulls.toSorted((a, b) => a.updatedAt.localeCompare(b.updatedAt)).at(-1);
  return last?.state === "merged" && !pulls.some(({ state }) => isOpen(state));
}

/** What is known about one piece of work: one DynamoDB item. After a refusal it has only a status. */
export interface TaskRecord {
  /**
   * Counts the events that claimed the work. It is the fencing token of the flows: a flow with an older number is
   * superseded and changes nothing any more.
   */
  intent?: number;
  /** Whether the newest of these events wanted the agent to work. */
  wanted?: boolean;
  /** The delivery of that event, so that a repeated claim is recognised. */
  intentDelivery?: string;
  /** When it happened, by GitHub's clock. */
  intentAt?: string;
  /** The work as that event describes it: what is needed to comment on it. */
  source?: WorkSource;
  /** Who has asked for the work of an issue: the person who is told if somebody has to act. */
  requester?: Person;
  /** Why the newest event ended the work. */
  endReason?: TaskClosed["reason"];
  task?: TaskLocation;
  /** Of a pull request: the issue that it closes, whose task has taken it up instead of a task of its own. */
  joined?: string;
  /** The delivery that the task was created for: the agent has its prompt. */
  startedBy?: string;
  /** The last delivery whose prompt was put into the inbox, because the task existed already. */
  toldBy?: string;
  /** A creation or a removal that is running. */
  creating?: Claimed;
  /** A stop of the agent that is running, held by its intent. A flow that wants the agent to work waits for its end. */
  stopping?: Claimed;
  /** The relay has stopped the agent, or may have: it has to be told to continue. */
  stopped?: boolean;
  /** What an agent that reports no state has shown, as a fingerprint, and for how many looks in a row it has not changed. */
  shown?: { screen: string; looks: number };
  /** The name of the last task that was deleted, and when (milliseconds since the epoch). */
  formerName?: string;
  formerEndedAt?: number;
  status?: TaskStatus;
  /** The pull requests for this work: the agent's, and those of others that it has taken up. The first one is first. */
  pulls?: TaskPull[];
  /** Counts their changes: each is made on the condition that nobody else has made one meanwhile. */
  pullChanges?: number;
  /** When the status was written: milliseconds since the epoch. */
  statusAt?: number;
  /** The last transitions of which the requester was told, by their names. */
  told?: Record<string, Told>;
  /** Counts the changes of `told`. */
  tellings?: number;
  /** Coder's last report on the work, for people. */
  report?: string;
  /** The execution of `follow-task` that may write. */
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

/** Whether a follower may still write: neither a newer event nor another follower has superseded it. */
export function isFollowedBy(
  record: TaskRecord,
  { intent, follower }: { intent: number; follower: string },
): boolean {
  return record.intent === intent && record.follower === follower && record.wanted !== false;
}

/** Whether there is a task, or one is being created, that is wanted. */
export function hasTask(record: TaskRecord | undefined): boolean {
  return record?.task !== undefined && record.wanted !== false;
}

/** Whether there is a task, which Coder has created, that is wanted. */
export function isCreated(record: TaskRecord | undefined): boolean {
  return record?.task?.id !== undefined && record.wanted !== false;
}

/** Whether the agent is only to review: a pull request that it was given for that. */
export function isReview(source: WorkSource | undefined): boolean {
  return source !== undefined && "issue" in source && source.issue.ask === "review";
}
