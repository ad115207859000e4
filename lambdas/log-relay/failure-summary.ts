import type { Octokit } from "@octokit/core";
import { byteLength, cutToBytes } from "../text/bytes.js";
import { oneLine } from "../text/clean.js";
import { type FailedJob, failedJobs, type RunAttempt } from "./failed-jobs.js";
import { excerptOfJob } from "./job-log.js";

/** Bytes (UTF-8) of a summary at most. */
export const summaryBytes = 48 * 1024;

/** Jobs whose logs are shown; the others are named. */
const jobsInFull = 5;

const otherJobsBytes = 8 * 1024;
const nameLength = 150;
const stepsNamed = 8;

/**
 * Why a workflow run failed, as plain text for an agent to read: each failed job with the steps that failed and
 * an excerpt of its log. Logs are read one after the other, so that memory does not grow with their number.
 */
export async function summarizeFailure(octokit: Octokit, run: RunAttempt): Promise<string> {
  const { failed, total } = await failedJobs(octokit, run);
  if (failed.length === 0) return cutToBytes(noFailedJob(await linkToRun(octokit, run)), summaryBytes).text;

  const inFull = failed.slice(0, jobsInFull);
  const others = listOf(failed.slice(jobsInFull));
  const heads = inFull.map((job, index) => headOf(job, index + 1, failed.length));
  let text = introduction(failed, total);
  let reserved = byteLength([...heads, others, ""].join("\n\n\n"));
  for (const [index, job] of inFull.entries()) {
    const head = `\n\n${heads[index]}\n`;
    text += head;
    reserved -= byteLength(head);
    // What a short log leaves goes to those that follow.
    const budget = Math.floor((summaryBytes - reserved - byteLength(text)) / (inFull.length - index));
    text += await excerptOfJob(octokit, { ...run, jobId: job.id }, budget);
  }
  text += "\n";
  return cutToBytes(`${text}${others}`.trimEnd(), summaryBytes).text;
}

function introduction(failed: FailedJob[], total: number): string {
  const verb = failed.every(({ conclusion }) => conclusion === "cancelled") ? "was cancelled" : "failed";
  return total === 1 ? `The run's only job ${verb}.` : `${failed.length} of ${total} jobs ${verb}.`;
}

function headOf({ name, conclusion, url, failedSteps }: FailedJob, number: number, count: number): string {
  const steps = failedSteps.slice(0, stepsNamed).map((step) => oneLine(step, nameLength));
  const more = failedSteps.length - steps.length;
  return [
    `=== Failed job ${number} of ${count}: ${oneLine(name, nameLength)} ===`,
    `Conclusion: ${conclusion}`,
    ...(url === "" ? [] : [`Full log: ${url}`]),
    ...(steps.length === 0
      ? []
      : [`Failed steps: ${steps.join("; ")}${more > 0 ? `; and ${more} more` : ""}`]),
    "Excerpt of the log:",
  ].join("\n");
}

/** The jobs without a log here, as many as fit. */
function listOf(jobs: FailedJob[]): string {
  if (jobs.length === 0) return "";
  let list = "\n=== Failed jobs whose logs are not shown ===\n";
  for (const [index, { name, conclusion, url }] of jobs.entries()) {
    const entry = `- ${oneLine(name, nameLength)} (${conclusion})${url === "" ? "" : `: ${url}`}\n`;
    if (byteLength(list) + byteLength(entry) > otherJobsBytes)
      return `${list}- and ${jobs.length - index} more\n`;
    list += entry;
  }
  return list;
}

const noFailedJob = (link: string): string =>
  `GitHub shows no failed job for this run, as where a workflow file is invalid and no job could start. The run's page says what happened: ${link}`;

async function linkToRun(octokit: Octokit, { owner, repo, runId, attempt }: RunAttempt): Promise<string> {
  const { data } = await octokit.request("GET /repos/{owner}/{repo}/actions/runs/{run_id}", {
    owner,
    repo,
    run_id: runId,
  });
  return `${data.html_url}/attempts/${attempt}`;
}
