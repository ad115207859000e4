import type { By } from "../repositories/happenings.js";
import type { Repository, RepositoryRef, User } from "../repositories/repository.js";
import type { Log } from "./job-logs.js";

export type Conclusion =
  | "success"
  | "neutral"
  | "failure"
  | "cancelled"
  | "timed_out"
  | "startup_failure"
  | "action_required"
  | "skipped";

export interface NewJob {
  name: string;
  conclusion: Conclusion;
  /** Without times, a step has its job's times. */
  steps?: { name: string; conclusion: Conclusion; started_at?: string; completed_at?: string }[];
  /** `null`: the log has been deleted (410). Absent: there never was one (404). */
  log?: Log | null;
}

export interface NewRun extends Partial<By> {
  repo: RepositoryRef;
  /** The workflow's display name, from which its file name is derived. */
  workflow: string;
  branch: string;
  headSha: string;
  /** The fork that the head branch is in. Default: `repo`. */
  headRepo?: RepositoryRef;
  conclusion: Conclusion;
  jobs?: NewJob[];
  /** Default: 1. A higher attempt is added to the newest run of the same workflow and commit, if it exists. */
  attempt?: number;
  event?: string;
  /** The user who started this attempt. Default: the user who triggered the run. */
  restartedBy?: string;
}

export interface Run {
  readonly id: number;
  readonly repo: Repository;
  readonly headRepo: Repository;
  readonly workflow: string;
  readonly branch: string;
  readonly headSha: string;
  readonly event: string;
  readonly actor: User;
  /** The user who started the newest attempt. */
  restarter: User;
  readonly number: number;
  readonly createdAt: string;
  attempt: number;
  conclusion: Conclusion;
  updatedAt: string;
  readonly jobs: Job[];
}

export interface Job extends NewJob {
  readonly id: number;
  readonly attempt: number;
  readonly at: string;
}
