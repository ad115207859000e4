/** The issue or pull request that an input is about, or the branch where there is neither. */
export type Subject = {
  url: string;
  /** `owner/repo`. */
  repository: string;
} & ({ kind: "issue" | "pull"; number: number } | { kind: "branch"; name: string });

interface InputBase {
  subject: Subject;
  /** Where on GitHub it is to be read whole. */
  url: string;
  /** When it happened, by GitHub's clock: ISO 8601. */
  at: string;
}

/** What somebody said; what a scheduled job says each time that it is due. */
export interface CommentInput extends InputBase {
  kind: "comment" | "review_comment" | "review" | "job";
  /** A login, or the job's name. */
  author: string;
  /** Who has put this text into it, where that is somebody else. */
  editor?: string | undefined;
  body: string;
  /** How many UTF-8 bytes were cut off the body's end before it came here. */
  missingBytes?: number | undefined;
  /** The file that a review comment is about; `line` is the last of its lines, `startLine` the first. */
  path?: string | undefined;
  line?: number | undefined;
  startLine?: number | undefined;
  /** `LEFT` where the line, or the first of several, is of the old version of the file. */
  side?: string | undefined;
  startSide?: string | undefined;
  /** The lines are of an earlier commit: they are not in the newest diff any more. */
  isOutdated?: boolean | undefined;
  commit?: string | undefined;
  /** `changes_requested`, `commented`, `approved`, or whatever else GitHub says. */
  reviewState?: string | undefined;
  /** Set where this is an edit of something that was delivered before: what was delivered. */
  previousBody?: string | undefined;
}

/** What CI said. */
export interface FailureInput extends InputBase {
  kind: "failure";
  workflow: string;
  attempt: number;
  branch: string;
  headSha: string;
  conclusion: string;
  /** The summary of the logs: at most 48 KiB. */
  text: string;
  /** What the repository's config adds to it. */
  additions?: string | undefined;
}

/** One entry of an inbox, as an agent is told of it. */
export type Input = CommentInput | FailureInput;
