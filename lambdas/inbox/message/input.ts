import type { PullAsk } from "../../model/event.js";

/** The issue or pull request that an input is about, or else the branch. */
export type Subject = {
  url: string;
  /** `owner/repo`. */
  repository: string;
} & ({ kind: "issue" | "pull"; number: number } | { kind: "branch"; name: string });

interface InputBase {
  subject: Subject;
  /** The page on GitHub with the whole text. */
  url: string;
  /** When it happened, by GitHub's clock, in ISO 8601. */
  at: string;
}

/**
 * A comment or review, or the prompt of a scheduled job that is due again. Without a text: a pull request was given to the
 * agent, closed without merging, or reopened.
 */
export interface CommentInput extends InputBase {
  kind: "comment" | "review_comment" | "review" | "job" | "request" | "closed" | "reopened";
  /** A login, or the job's name. */
  author: string;
  /** The person who wrote the current text, if not the author. */
  editor?: string | undefined;
  body: string;
  /** What the agent should do with a pull request that it is given. Such an input has no body. */
  ask?: PullAsk | undefined;
  /** How many UTF-8 bytes the ingress cut off the body's end. */
  missingBytes?: number | undefined;
  /** The file that a review comment is about; `line` is the last of its lines, `startLine` the first. */
  path?: string | undefined;
  line?: number | undefined;
  startLine?: number | undefined;
  /** `LEFT` if the line, or the first of several, is in the old version of the file. */
  side?: string | undefined;
  startSide?: string | undefined;
  /** The lines belong to an earlier commit and are no longer in the newest diff. */
  isOutdated?: boolean | undefined;
  commit?: string | undefined;
  /** `changes_requested`, `commented`, `approved`, or another state of GitHub's. */
  reviewState?: string | undefined;
  /** The text that was delivered before; set if this is an edit of it. */
  previousBody?: string | undefined;
}

/**
 * A failed workflow run, a failed check of other CI, a conflict with the base branch, or the removal from the merge queue of
 * a base branch.
 */
export type FailureInput = InputBase & {
  kind: "failure";
  branch: string;
  headSha: string;
  /** The summary of the logs or of the check: at most 48 KiB. */
  text: string;
  /** The text that the repository's config adds to it. */
  additions?: string | undefined;
} & (
    | { workflow: string; attempt: number; conclusion: string }
    | { check: string; conclusion: string }
    | { conflict: { baseBranch: string; baseSha: string } }
    | { queue: string; reason: string }
  );

/** The content of an input, from which its part of the message is made. */
export type Input = CommentInput | FailureInput;

/** Whether an input only reports an event, without a text or a request. */
export function isNotice({ kind }: Input): boolean {
  return kind === "closed" || kind === "reopened";
}
