import type { PullAsk } from "../../model/event.js";

/** The issue or pull request that an input is about, or the branch if there is neither. */
export type Subject = {
  url: string;
  /** `owner/repo`. */
  repository: string;
} & ({ kind: "issue" | "pull"; number: number } | { kind: "branch"; name: string });

interface InputBase {
  subject: Subject;
  /** The page on GitHub that has the whole text. */
  url: string;
  /** When it happened, by GitHub's clock: ISO 8601. */
  at: string;
}

/**
 * A comment or review; the prompt of a scheduled job that is due again; or, without a text, that the agent is given a pull
 * request, or that somebody has closed the pull request without merging it, or reopened it.
 */
export interface CommentInput extends InputBase {
  kind: "comment" | "review_comment" | "review" | "job" | "request" | "closed" | "reopened";
  /** A login, or the job's name. */
  author: string;
  /** The person who wrote the present text, if not the author. */
  editor?: string | undefined;
  body: string;
  /** What the agent is to do with a pull request that it is given; there is no body. */
  ask?: PullAsk | undefined;
  /** How many UTF-8 bytes were cut off the body's end by the ingress. */
  missingBytes?: number | undefined;
  /** The file that a review comment is about; `line` is the last of its lines, `startLine` the first. */
  path?: string | undefined;
  line?: number | undefined;
  startLine?: number | undefined;
  /** `LEFT` if the line, or the first of several, is in the old version of the file. */
  side?: string | undefined;
  startSide?: string | undefined;
  /** The lines are of an earlier commit: they are not in the newest diff any more. */
  isOutdated?: boolean | undefined;
  commit?: string | undefined;
  /** `changes_requested`, `commented`, `approved`, or another state of GitHub's. */
  reviewState?: string | undefined;
  /** The text that was delivered before; set if this is an edit of it. */
  previousBody?: string | undefined;
}

/** A failed workflow run, a failed check of other CI, or a conflict with the base branch. */
export type FailureInput = InputBase & {
  kind: "failure";
  branch: string;
  headSha: string;
  /** The summary of the logs or of the check: at most 48 KiB. */
  text: string;
  /** What the repository's config adds to it. */
  additions?: string | undefined;
} & (
    | { workflow: string; attempt: number; conclusion: string }
    | { check: string; conclusion: string }
    | { conflict: { baseBranch: string; baseSha: string } }
  );

/** The content of an inbox's input, from which its part of the message is made. */
export type Input = CommentInput | FailureInput;

/** Whether it only says what has happened, without a text or a request. */
export function isNotice({ kind }: Input): boolean {
  return kind === "closed" || kind === "reopened";
}
