import { configPath } from "./config-path.js";
import { type IssueSource, type TaskKey, taskKey, type WorkSource } from "./record.js";
import type { WorkName } from "./task-name.js";

/** The identity of the work, by which its task is created and found again. */
export interface WorkIdentity extends TaskKey {
  /** As people write it: `owner/repo#42`. */
  reference: string;
  /** The URL of the work, which is in the task's prompt. */
  url: string;
}

/** The identity of the work. `repositoryUrl` is the repository's page. */
export function workOf(source: WorkSource, repositoryUrl: string): WorkIdentity {
  return { ...taskKey(source), reference: workReference(source), url: urlOf(source, repositoryUrl) };
}

/** The work as people write it: `owner/repo#42`, `owner/repo job nightly`. */
export function workReference(source: WorkSource): string {
  const repository = `${source.repository.owner}/${source.repository.name}`;
  if ("issue" in source) return `${repository}#${source.issue.number}`;
  if ("job" in source) return `${repository} job ${source.job.name}`;
  return `${repository} workflow ${source.run.workflow} on ${source.run.branch}`;
}

/**
 * The page of the work: the issue, the job in the config file, or the runs on a branch. The fragment holds the workflow's
 * id, which the key needs but GitHub's page doesn't.
 */
function urlOf(source: WorkSource, repositoryUrl: string): string {
  if ("issue" in source) return source.issue.url;
  if ("job" in source) return `${jobsUrl(repositoryUrl)}${encoded(source.job.name)}`;
  const { branch, workflowId } = source.run;
  return `${runsUrl(repositoryUrl)}${encoded(branch)}#${workflowId}`;
}

const jobsUrl = (repositoryUrl: string) => `${repositoryUrl}/blob/HEAD/${configPath}#`;
const runsUrl = (repositoryUrl: string) => `${repositoryUrl}/actions?query=branch%3A`;

/** The `work` of all jobs and failing branches whose URL is in a text. A pull request names its work in this way. */
export function worksNamedIn(text: string, repositoryUrl: string): string[] {
  return (text.match(/https?:\/\/[^\s<>()[\]"'`]+/g) ?? []).flatMap((url) => {
    if (url.startsWith(jobsUrl(repositoryUrl))) return named("job", url.slice(jobsUrl(repositoryUrl).length));
    if (!url.startsWith(runsUrl(repositoryUrl))) return [];
    const [branch = "", id = ""] = url.slice(runsUrl(repositoryUrl).length).split("#");
    return /^\d+/.test(id) ? named(`run#${Number.parseInt(id, 10)}`, branch) : [];
  });
}

/** Also escapes the characters that end a link in Markdown or a sentence. */
function encoded(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\ufffd")).replace(
    /[!'()*.~]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
}

function named(kind: string, text: string): string[] {
  try {
    return [`${kind}#${decodeURIComponent(text.replace(/[.,;:!?]+$/, ""))}`];
  } catch {
    return [];
  }
}

/** The parts of the name of the work's task. */
export function workName(source: WorkSource): WorkName {
  const { owner, name: repository } = source.repository;
  const base = { owner, repository, reference: workReference(source) };
  if ("issue" in source) return { ...base, label: String(source.issue.number), isDistinct: true };
  // A job whose name is a number could be taken for an issue, so it gets a hash.
  if ("job" in source) return { ...base, label: source.job.name, isDistinct: !/^\d+$/.test(source.job.name) };
  // Two workflows may have the same name.
  const reference = `${base.reference} ${source.run.workflowId}`;
  return { ...base, reference, label: source.run.branch, isDistinct: false };
}

/** The task's title in Coder. */
export function workTitle(source: WorkSource): string {
  if ("issue" in source) return source.issue.title;
  return "job" in source ? source.job.name : `${source.run.workflow} fails on ${source.run.branch}`;
}

/** For people: how to give an issue or a pull request to the agent again. The caller completes the sentence. */
export function howToAskAgain({ issue }: Pick<IssueSource, "issue">): string {
  return issue.ask === "review"
    ? "Remove the request for the agent's review and make it again"
    : "Unassign the agent and assign it again";
}

/** For people: why the task is paused, and how to resume it. */
export function whyPaused({ issue }: Pick<IssueSource, "issue">): string {
  return issue.ask === "review"
    ? "The request for the agent's review was removed. Make it again to resume the task."
    : "The agent was unassigned. Assign it again to resume the task.";
}

/** For people: how to get a new task after the old one is gone. */
export function howToStartAnew(source: WorkSource): string {
  if ("issue" in source) return `${howToAskAgain(source)} to start a new one.`;
  return "job" in source
    ? "The next run of the job starts a new one."
    : "The next failed run on the branch starts a new one.";
}
