import * as z from "zod/mini";
import { body, id, listOf, longText, owner, people, person, text, time, url } from "./payload-fields.js";

/**
 * The parts of GitHub's webhook payloads that the relay reads. All other fields are dropped. The payloads of events about a
 * repository's config are in `config-payloads.ts`.
 */

const numbered = listOf(z.object({ number: id }));
const app = z.nullish(z.object({ id: z.nullish(z.int()) }));
const lineNumber = z.nullish(z.int());
const side = z.nullish(z.string());

/** The fields of every payload about a repository. */
export const commonSchema = z.object({
  repository: z.object({ id, name: text, private: z.boolean(), owner }),
  sender: person,
  installation: z.object({ id: z.int() }),
});

const issue = z.object({
  number: id,
  title: z.string(),
  html_url: url,
  updated_at: time,
  state: z.nullish(z.string()),
  comments: z.nullish(z.int()),
  assignees: people,
});

export const issuesSchema = z.object({ issue });

/** A pull request also has the fields of an issue. */
export const givenPullSchema = z.object({
  /** Who was assigned or unassigned, or whose review request was added or removed. Neither field is set for a team. */
  assignee: person,
  requested_reviewer: person,
  pull_request: z.extend(issue, { user: person, requested_reviewers: people, head: z.object({ sha: text }) }),
});

/** The user who was assigned or unassigned, if GitHub says who. */
export const assigneeSchema = z.object({ assignee: person });

/** The whole text before and after an edit; of a comment or a review. */
export const editSchema = z.object({
  changes: z.nullish(z.object({ body: z.nullish(z.object({ from: body })) })),
  comment: z.nullish(z.object({ body })),
  review: z.nullish(z.object({ body })),
});

/** The fields of every comment. */
const comment = {
  id,
  html_url: url,
  user: person,
  body,
  created_at: time,
  updated_at: time,
  performed_via_github_app: app,
};

export const issueCommentSchema = z.object({
  issue: z.object({
    number: id,
    html_url: url,
    user: person,
    assignees: people,
    /** Set only for a pull request. */
    pull_request: z.nullish(z.object({})),
  }),
  comment: z.object(comment),
});

const pullRequest = z.object({
  number: id,
  html_url: url,
  user: person,
  assignees: people,
  requested_reviewers: people,
});

export const reviewCommentSchema = z.object({
  pull_request: pullRequest,
  comment: z.object({
    ...comment,
    /** Every comment on a diff is part of a review, even a single comment. `null` in old comments. */
    pull_request_review_id: z.nullish(id),
    path: longText,
    /** `file` if the comment is about the whole file. */
    subject_type: z.nullish(z.string()),
    /** In the newest diff; `null` if the lines are no longer in it. */
    line: lineNumber,
    start_line: lineNumber,
    /** In the diff that the comment was made on. */
    original_line: lineNumber,
    original_start_line: lineNumber,
    original_commit_id: z.nullish(z.string()),
    /** `LEFT` is the old version of the file. */
    side,
    start_side: side,
  }),
});

export const reviewSchema = z.object({
  pull_request: z.extend(pullRequest, { updated_at: time }),
  review: z.object({
    id,
    html_url: url,
    user: person,
    body,
    state: text,
    submitted_at: z.nullish(time),
    /** Missing in older versions of GitHub. */
    updated_at: z.nullish(time),
    performed_via_github_app: app,
  }),
});

export const checkRunSchema = z.object({
  check_run: z.object({
    id,
    name: longText,
    head_sha: text,
    conclusion: z.nullish(z.string()),
    completed_at: time,
    /** No branch means that the head is in a fork. */
    check_suite: z.nullish(z.object({ head_branch: z.nullish(z.string()) })),
    app: z.nullish(z.object({ id: z.nullish(z.int()), slug: z.nullish(z.string()) })),
  }),
});

export const statusSchema = z.object({
  id,
  sha: text,
  context: longText,
  state: text,
  updated_at: time,
  /** The branches that contain the commit, at most ten. */
  branches: listOf(z.object({})),
});

export const workflowRunSchema = z.object({
  workflow_run: z.object({
    id,
    run_attempt: id,
    workflow_id: id,
    name: z.nullish(z.string()),
    html_url: url,
    /** The event that started it. */
    event: z.nullish(text),
    /** Who triggered the run, and who started this attempt. */
    actor: person,
    triggering_actor: person,
    conclusion: z.nullish(z.string()),
    head_branch: z.nullish(z.string()),
    head_sha: text,
    updated_at: time,
    /** `null` if the fork is gone. */
    head_repository: z.nullish(z.object({ id, owner })),
    pull_requests: numbered,
  }),
});
