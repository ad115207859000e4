import type { GitHubApp } from "../github/app.js";
import { IssueClient } from "../github/issues.js";
import { TrackingIssueClient } from "../github/tracking-issues.js";
import { type TaskStatus, taskKey, type WorkSource } from "../model/record.js";
import { statusMarker } from "../model/status-marker.js";
import { inTitle } from "../text/inert.js";

/** In characters. A title has room for two names and the text around them. */
const nameLength = 100;

/** The comment or tracking issue that shows a task's status. It is edited as long as the task exists. */
export interface StatusTarget {
  /** Whether the issue has no comments yet, so no search is needed. */
  readonly isUntouched: boolean;
  /** Whether this status is worth opening a tracking issue for; always true for a comment. */
  opensWith(status: TaskStatus | undefined): boolean;
  /** Returns the id. */
  create(text: string): Promise<number>;
  /** Returns `false` if it was deleted. */
  update(id: number, text: string, status: TaskStatus | undefined): Promise<boolean>;
  /** The id of an existing comment or tracking issue, if the record has lost it. */
  find(): Promise<number | undefined>;
}

/** A comment on the issue or, for work without one, a tracking issue, which is opened only if somebody has to act. */
export function statusTarget(app: GitHubApp, source: WorkSource): StatusTarget {
  const octokit = app.installation(source.installation);
  if ("issue" in source) {
    const issue = new IssueClient(octokit, source);
    return {
      isUntouched: source.issue.comments === 0,
      opensWith: () => true,
      create: (text) => issue.createComment(text),
      update: (id, text) => issue.updateComment(id, text),
      find: () => issue.findOwnComment(statusMarker, app.id),
    };
  }
  const issues = new TrackingIssueClient(octokit, source.repository, taskKey(source));
  return {
    isUntouched: false,
    opensWith: needsSomebody,
    create: (text) => issues.open(titleOf(source), text),
    update: (number, text, status) => issues.update(number, text, needsSomebody(status)),
    find: () => issues.find(app.id),
  };
}

function needsSomebody(status: TaskStatus | undefined): boolean {
  return status?.state === "failed" || status?.state === "refused" || status?.isUrgent === true;
}

function titleOf(source: Exclude<WorkSource, { issue: unknown }>): string {
  return "job" in source
    ? `Scheduled job ${inTitle(source.job.name, nameLength, '"')} has failed`
    : `The agent could not take up ${inTitle(source.run.workflow, nameLength)} on ${inTitle(source.run.branch, nameLength)}`;
}
