import type { FailedRunOf } from "../github/runs.js";
import {
  type BranchFailed,
  type CheckFailed,
  type CommentPosted,
  type CommitFailure,
  headShaOf,
  type JobDue,
  type PullAsk,
  type PullChanged,
  type Subject as PullSubject,
  type Repository,
  type TaskRequested,
} from "../model/event.js";
import type { Plan } from "../model/plan.js";
import type { TaskKey } from "../model/record.js";
import type { Relayed } from "../model/relayed.js";
import type { FailureInput, Input, Subject } from "./message/input.js";
import { fingerprintOf, type Head, type NewInput } from "./stored-input.js";

/** Ids grow with time. Padded, they also sort as text. */
const padded = (id: number) => String(id).padStart(20, "0");

/** The identity of a comment, which its edits and its deletion share. */
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
 * The inputs of a CI failure: one for each workflow or check of a pull request, so a newer failure replaces one that still
 * waits. Failures in another repository have a different kind of identity, because they use up no CI round of the task.
 */
export function inputsOfFailure(
  event: CommitFailure,
  pull: PullSubject,
  task: TaskKey,
  { text, branch, checks }: Relayed,
): NewInput[] {
  const { repository, delivery } = event;
  const isElsewhere = repository.id !== task.repositoryId;
  const prefix = `${isElsewhere ? `run-elsewhere#${repository.id}` : "run"}#${pull.number}`;
  const headSha = headShaOf(event);
  const head = { ...headOf(event, headSha), pull: pull.number };
  const subject = { ...pull, repository: nameOf(repository) };
  if (event.type === "check_failed") {
    const input = failureInput(event, subject, text);
    return [
      {
        ...runFields(event, `${prefix}#${event.run.workflowId}`),
        head: { ...head, run: runOf(event) },
        input,
      },
    ];
  }
  if (event.type === "pull_conflicted") {
    const { at, pull: conflicted } = event;
    const { baseBranch, baseSha, url } = conflicted;
    return [
      {
        // Each commit's conflict is a separate input, because GitHub's times, in whole seconds, can't always order two.
        identity: `${prefix}#conflict#${headSha}`,
        delivery,
        version: `${at}#${baseSha}`,
        // Sorts before all failures, whose order begins with their time.
        order: "",
        head: { ...head, isConflict: true },
        input: {
          kind: "failure",
          subject,
          at,
          url,
          branch,
          headSha,
          conflict: { baseBranch, baseSha },
          text: "",
        },
      },
    ];
  }
  if (event.type === "pull_dequeued") {
    const { at, reason, pull: dequeued } = event;
    const { baseBranch, url } = dequeued;
    return [
      {
        identity: `${prefix}#dequeued`,
        delivery,
        version: at,
        order: at,
        head,
        input: { kind: "failure", subject, at, url, branch, headSha, queue: baseBranch, reason, text: "" },
      },
    ];
  }
  return checks.map(({ kind, app, name, id, at, url, ...report }) => ({
    identity: `${prefix}#${kind}#${fingerprintOf(`${app}#${name}`)}`,
    delivery,
    version: `${at}#${padded(id)}`,
    order: `${at}#${padded(id)}`,
    head: { ...head, check: { kind, app, name } },
    input: { kind: "failure", subject, at, check: name, url: url || pull.url, branch, headSha, ...report },
  }));
}

/** The input that says who closed a pull request without merging it, or reopened it; `undefined` for other changes. */
export function inputOfPull({
  delivery,
  repository,
  subject,
  sender,
  action,
  at,
}: PullChanged): NewInput | undefined {
  if (action !== "closed" && action !== "reopened") return undefined;
  return {
    identity: `pull#${repository.id}#${subject.number}#${action}#${at}`,
    delivery,
    version: at,
    order: at,
    input: {
      kind: action,
      subject: { ...subject, repository: nameOf(repository) },
      url: subject.url,
      at,
      author: sender.login,
      body: "",
    },
  };
}

/** Whether an identity is that of a CI failure of a pull request: `run#<number>#<workflow>`, `run#<number>#status#…`. */
export function isOfPull(identity: string): boolean {
  return /^run#\d+#./.test(identity);
}

/** The input of a run that failed on a branch. If there are several, only the newest is sent. */
export function inputOfBranchFailure(event: BranchFailed, additions: string): NewInput {
  const head = { ...headOf(event, event.run.headSha), run: runOf(event) };
  return {
    ...runFields(event, `run#${event.run.workflowId}`),
    head,
    input: branchFailureInput(event, additions),
  };
}

/** `additions` is the text that the repository's config adds to the summary. */
export function branchFailureInput(event: BranchFailed, additions: string): FailureInput {
  const { repository, run, text } = event;
  const subject = { kind: "branch", name: run.branch, url: run.url, repository: nameOf(repository) } as const;
  return { ...failureInput(event, subject, text), ...(additions !== "" && { additions }) };
}

/**
 * The input of a pull request that is given to an agent with a running task: the agent is assigned again, its review is
 * requested again, or the task of the issue that the pull request closes takes it up. Of several requests, only the newest
 * is sent. GitHub's times can't order two within one second, so the request for work wins.
 */
export function inputOfRequest(
  { delivery, repository, sender, issue, at }: TaskRequested,
  ask: PullAsk,
): NewInput {
  const { number, url } = issue;
  return {
    identity: `request#${number}`,
    delivery,
    version: ask === "work" ? `${at}#work` : at,
    order: at,
    input: {
      kind: "request",
      subject: { kind: "pull", number, url, repository: nameOf(repository) },
      url,
      at,
      author: sender.login,
      body: "",
      ask,
    },
  };
}

/** The input of a scheduled job that is due while its last run still works. Of several, only the newest is sent. */
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

function headOf(
  { installation, repository: { id, owner, name } }: Pick<CheckFailed, "installation" | "repository">,
  sha: string,
): Head {
  return { installation, repository: { id, owner, name }, sha };
}

function runOf({ run }: CheckFailed | BranchFailed): FailedRunOf {
  const { id, workflowId, branch, event, headRepository } = run;
  return { id, workflowId, branch, event, headRepository: { id: headRepository.id } };
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
