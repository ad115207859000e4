import type { GitHubApp } from "../github/app.js";
import { IssueClient } from "../github/issues.js";
import { TrackingIssueClient } from "../github/tracking-issues.js";
import { type TaskStatus, taskKey, type WorkSource } from "../model/record.js";
import { statusMarker } from "../model/status-marker.js";
import { inTitle } from "../text/inert.js";

/** In characters: two names and our words fit into a title. */
const nameLength = 100;

/** Where people read how a task is doing: one thing that is edited through the task's whole life. */
export interface StatusPlace {
  /** Whether there can be none yet, so that none has to be looked for. */
  readonly isUntouched: boolean;
  /** Whether it is opened to say this, where it is not there yet. */
  opensWith(status: TaskStatus | undefined): boolean;
  /** Returns its id. */
  create(text: string): Promise<number>;
  /** `false` where it is gone. */
  update(id: number, text: string, status: TaskStatus | undefined): Promise<boolean>;
  /** The id of the one that was made before, where it was lost. */
  find(): Promise<number | undefined>;
}

/** A comment on the issue; for work without one, a tracking issue, which is opened only once something fails. */
export function statusPlace(app: GitHubApp, source: WorkSource): StatusPlace {
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
