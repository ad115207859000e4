import type { CheckFailed, CommentPosted, Subject } from "../events/event.js";
import type { Input } from "../message/input.js";
import type { NewInput } from "./stored-input.js";

/** Ids grow with time; padded, they sort as text. */
const padded = (id: number) => String(id).padStart(20, "0");

/** What a comment is, whatever its text: an edit and a deletion have the same. */
export function commentIdentity({ kind, id }: { kind: string; id: number }): string {
  return `${kind}#${id}`;
}

/** The entry of what somebody said. */
export function commentEntry({ delivery, repository, subject, comment }: CommentPosted): NewInput {
  const isEdit = comment.previousBody !== undefined;
  const input: Input = {
    kind: comment.kind,
    subject: { ...subject, repository: `${repository.owner}/${repository.name}` },
    url: comment.url,
    at: isEdit ? comment.updatedAt : comment.createdAt,
    author: comment.author,
    body: comment.body,
    ...(comment.missingBytes !== undefined && { missingBytes: comment.missingBytes }),
    ...(comment.path !== undefined && { path: comment.path }),
    ...(comment.line !== undefined && { line: comment.line }),
    ...(comment.startLine !== undefined && { startLine: comment.startLine }),
    ...(comment.reviewState !== undefined && { reviewState: comment.reviewState }),
    ...(isEdit && { previousBody: comment.previousBody }),
  };
  return {
    identity: commentIdentity(comment),
    delivery,
    version: comment.updatedAt,
    order: `${input.at}#${padded(comment.id)}`,
    input,
  };
}

/**
 * The entry of a failed run: one for each workflow and pull request, so that a newer failure takes the place of
 * one that still waits. `text` is the summary of its logs.
 */
export function failureEntry(
  { delivery, repository, run, at }: CheckFailed,
  pull: Subject,
  text: string,
): NewInput {
  return {
    identity: `run#${pull.number}#${run.workflowId}`,
    delivery,
    version: `${padded(run.id)}.${padded(run.attempt)}`,
    order: `${at}#${padded(run.id)}`,
    head: {
      repository: { owner: repository.owner, name: repository.name },
      pull: pull.number,
      sha: run.headSha,
    },
    input: {
      kind: "failure",
      subject: { ...pull, repository: `${repository.owner}/${repository.name}` },
      url: run.url,
      at,
      workflow: run.workflow,
      attempt: run.attempt,
      branch: run.branch,
      headSha: run.headSha,
      conclusion: run.conclusion,
      text,
    },
  };
}
