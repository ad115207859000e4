import type {
  BranchFailed,
  CheckFailed,
  CommentPosted,
  JobDue,
  Subject as PullSubject,
  Repository,
} from "../model/event.js";
import type { Plan } from "../model/plan.js";
import type { TaskKey } from "../model/record.js";
import type { FailureInput, Input, Subject } from "./message/input.js";
import type { NewInput } from "./stored-input.js";

/** Ids grow with time; padded, they sort as text. */
const padded = (id: number) => String(id).padStart(20, "0");

/** The identity of a comment: an edit and a deletion have the same. */
export function commentIdentity({ kind, id }: { kind: string; id: number }): string {
  return `${kind}#${id}`;
}

/** The input of a comment or a review. */
export function inputOfComment({
  delivery,
  installation,
  repository,
  subject,
  sender,
  comment,
}: CommentPosted): NewInput {
  const isEdit = comment.previousBody !== undefined;
  const input: Input = {
    kind: comment.kind,
    subject: { ...subject, repository: nameOf(repository) },
    url: comment.url,
    at: isEdit ? comment.updatedAt : comment.createdAt,
    author: comment.author,
    ...(comment.authorId !== undefined && comment.authorId !== sender.id && { editor: sender.login }),
    body: comment.body,
    ...(comment.missingBytes !== undefined && { missingBytes: comment.missingBytes }),
    ...(comment.path !== undefined && { path: comment.path }),
    ...(comment.line !== undefined && { line: comment.line }),
    ...(comment.startLine !== undefined && { startLine: comment.startLine }),
    ...(comment.side !== undefined && { side: comment.side }),
    ...(comment.startSide !== undefined && { startSide: comment.startSide }),
    ...(comment.isOutdated !== undefined && { isOutdated: comment.isOutdated }),
    ...(comment.commit !== undefined && { commit: comment.commit }),
    ...(comment.reviewState !== undefined && { reviewState: comment.reviewState }),
    ...(isEdit && { previousBody: comment.previousBody }),
  };
  const review = comment.kind === "review" ? comment.id : comment.review;
  return {
    identity: commentIdentity(comment),
    delivery,
    version: comment.updatedAt,
    order: `${input.at}#${padded(comment.id)}`,
    input,
    ...(review !== undefined &&
      !isEdit && { review: { id: review, pull: subject.number, installation, repository } }),
  };
}

/**
 * The input of a failed run: one for each workflow and pull request, so that a newer failure replaces one that still
 * waits. `text` is the summary of its logs. A run of another repository has an identity of another kind: it uses up no
 * CI round of the task.
 */
export function inputOfFailedRun(
  event: CheckFailed,
  pull: PullSubject,
  task: TaskKey,
  text: string,
): NewInput {
  const { installation, repository, run } = event;
  const isElsewhere = repository.id !== task.repositoryId;
  const kind = isElsewhere ? `run-elsewhere#${repository.id}` : "run";
  return {
    ...runFields(event, `${kind}#${pull.number}#${run.workflowId}`),
    head: {
      installation,
      repository: { id: repository.id, owner: repository.owner, name: repository.name },
      pull: pull.number,
      sha: run.headSha,
    },
    input: failureInput(event, { ...pull, repository: nameOf(repository) }, text),
  };
}

/** Whether it is the failed run of a pull request, by its identity: `run#<number>#<workflow>`. */
export function isOfPull(identity: string): boolean {
  return /^run#\d+#\d+$/.test(identity);
}

/** The input of a run that has failed on a branch; of several, the newest is sent. */
export function inputOfBranchFailure(event: BranchFailed, additions: string): NewInput {
  return { ...runFields(event, `run#${event.run.workflowId}`), input: branchFailureInput(event, additions) };
}

/** `additions` is what the repository's config adds to the summary. */
export function branchFailureInput(event: BranchFailed, additions: string): FailureInput {
  const { repository, run, text } = event;
  const subject = { kind: "branch", name: run.branch, url: run.url, repository: nameOf(repository) } as const;
  return { ...failureInput(event, subject, text), ...(additions !== "" && { additions }) };
}

/** The input of a scheduled job that is due while its last run still works; of several times, the newest is sent. */
export function inputOfJob({ delivery, repository, job, at }: JobDue, { factory, prompt }: Plan): NewInput {
  const url = factory?.repo_url ?? "";
  const name = factory?.base_branch ?? "";
  return {
    identity: "job",
    delivery,
    version: at,
    order: at,
    input: {
      kind: "job",
      subject: { kind: "branch", name, url, repository: nameOf(repository) },
      url,
      at,
      author: job.name,
      body: prompt,
    },
  };
}

function runFields({ delivery, run, at }: CheckFailed | BranchFailed, identity: string) {
  return {
    identity,
    delivery,
    version: `${padded(run.id)}.${padded(run.attempt)}`,
    order: `${at}#${padded(run.id)}`,
  };
}

function failureInput({ run, at }: CheckFailed | BranchFailed, subject: Subject, text: string): FailureInput {
  return {
    kind: "failure",
    subject,
    url: run.url,
    at,
    workflow: run.workflow,
    attempt: run.attempt,
    branch: run.branch,
    headSha: run.headSha,
    conclusion: run.conclusion,
    text,
  };
}

function nameOf({ owner, name }: Repository): string {
  return `${owner}/${name}`;
}
