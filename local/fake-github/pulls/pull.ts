import { randomBytes } from "node:crypto";
import type { Issue, IssueRef } from "../issues/issues.js";
import type { By } from "../repositories/happenings.js";
import type { Repository, User } from "../repositories/repository.js";

export interface Pull {
  readonly repo: Repository;
  readonly number: number;
  readonly id: number;
  /** The pull request's issue: title, body, state, conversation. */
  readonly issue: Issue;
  readonly headRepo: Repository;
  readonly headBranch: string;
  base: string;
  readonly baseSha: string;
  /** All head commits so far, the newest last. */
  readonly shas: string[];
  /** Who pushed each of them. */
  readonly pushers: User[];
  draft: boolean;
  /** The users whose review is requested. Submitting a review removes its author. */
  reviewers: User[];
  /** The option "Allow edits by maintainers" of a pull request from a fork. */
  maintainerCanModify: boolean;
  /** Issues linked by hand, in addition to those that the body names. */
  readonly linked: Link[];
  /** The editors of the body, the oldest edit first; if the body was edited, GitHub also lists its creation. */
  readonly editors: User[];
  mergedAt: string | null;
  /** The commit by which a merge queue has merged it. */
  mergeSha?: string;
  /** Whether its branch and its base change the same lines. The caller sets it. */
  hasConflict: boolean;
  /** Whether GitHub knows that. It starts computing when it is asked, and forgets the result after each push. */
  mergeability: "unknown" | "computing" | "known";
}

interface Link extends IssueRef {
  by: User;
}

export interface NewPull extends By {
  repo: IssueRef["repo"];
  title?: string;
  body?: string | null;
  /** A branch of the same repository, or one of a fork. */
  head: string | { repo: IssueRef["repo"]; branch: string };
  headSha?: string;
  /** Default: the default branch. */
  base?: string;
  draft?: boolean;
  /** Default: true for a fork, because the page preselects it. Without a fork it is always false. */
  maintainerCanModify?: boolean;
  /** Issues to link by hand; a number means an issue of the same repository. */
  closes?: (number | IssueRef)[];
}

export const newSha = (): string => randomBytes(20).toString("hex");

export const headSha = (pull: Pull): string => pull.shas.at(-1) ?? "";

/** Whether it can be merged; `null` while GitHub doesn't know. */
export function mergeable({ mergeability, issue, hasConflict }: Pull): boolean | null {
  return mergeability === "known" && issue.state === "open" ? !hasConflict : null;
}
