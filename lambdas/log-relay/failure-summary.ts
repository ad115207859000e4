import { byteLength, cutToBytes } from "../text/bytes.js";
import { oneLine } from "../text/clean.js";
import { type FailedJob, failedJobs, type RunAttempt } from "./failed-jobs.js";
import { type JobLog, readLog } from "./job-log.js";
import type { RequestClient } from "./request-client.js";
import { Failures } from "./same-failure.js";
import { shareBudget } from "./share-budget.js";

/** The most bytes (UTF-8) of a summary. */
export const summaryBytes = 48 * 1024;

/**
 * Limits for the excerpts in a summary, and for the logs that are read for them. Jobs with the same failure share an
 * excerpt.
 */
const mostExcerpts = 5;
const mostLogs = 12;

/** Milliseconds after which no further log is read. The Lambda has six minutes, and a download takes at most one. */
const readingMs = 4 * 60_000;

const otherJobsBytes = 8 * 1024;
const mostSameNamed = 12;
const nameLength = 150;
const stepsNamed = 8;

/** A failure, and the jobs that have it. */
interface Section {
  job: FailedJob;
  log: JobLog;
  /** Lines that earlier excerpts already show. */
  shownBefore: ReadonlySet<string>;
  sameFailure: FailedJob[];
}

/**
 * Explains why a workflow run failed, as plain text for an agent: each failed job with the steps that failed and an
 * excerpt of its log. Logs are read one after the other, so memory doesn't grow with their size.
 */
export async function summarizeFailure(octokit: RequestClient, run: RunAttempt): Promise<string> {
  const { failed, total } = await failedJobs(octokit, run);
  if (failed.length === 0) return cutToBytes(noFailedJob(await linkToRun(octokit, run)), summaryBytes).text;

  const { sections, others } = await sectionsOf(octokit, run, failed);
  const list = listOf(others);
  const heads = sections.map((section) => headOf(section, failed));
  const frame = [introduction(failed, total), ...heads, ...sections.map(({ log }) => log.remark), list];
  const budget = summaryBytes - byteLength(frame.join("\n\n\n\n"));
  const shares = shareBudget(budget, [
    sections.map(({ log, shownBefore }) => log.digest?.reportBytes(budget, shownBefore) ?? 0),
    sections.map(({ log }) => Math.min(budget, log.digest?.size ?? 0)),
    sections.map(({ log }) => (log.digest ? budget : 0)),
  ]);
  const texts = sections.map(({ log: { digest, remark }, shownBefore }, index) => {
    const excerpt = digest?.text(shares[index] ?? 0, shownBefore) ?? "";
    return `${heads[index]}\n${[excerpt, remark].filter((text) => text !== "").join("\n")}`;
  });
  const text = [introduction(failed, total), ...texts].join("\n\n");
  return cutToBytes(`${text}\n${list}`.trimEnd(), summaryBytes).text;
}

async function sectionsOf(octokit: RequestClient, run: RunAttempt, failed: FailedJob[]) {
  const sections: Section[] = [];
  const failures = new Failures(Math.floor(summaryBytes / Math.min(mostExcerpts, failed.length)));
  const until = Date.now() + readingMs;
  let read = 0;
  for (const job of failed) {
    if (sections.length === mostExcerpts || read === mostLogs || Date.now() > until) break;
    read += 1;
    const { failedPeriods } = job;
    const log = await readLog(octokit, { ...run, jobId: job.id, failedPeriods }, summaryBytes);
    const { same, shownBefore } = failures.compare(log);
    if (same !== undefined) sections[same]?.sameFailure.push(job);
    else sections.push({ job, log, shownBefore, sameFailure: [] });
  }
  return { sections, others: failed.slice(read) };
}

function introduction(failed: FailedJob[], total: number): string {
  const verb = failed.every(({ conclusion }) => conclusion === "cancelled") ? "was cancelled" : "failed";
  return total === 1 ? `The run's only job ${verb}.` : `${failed.length} of ${total} jobs ${verb}.`;
}

function headOf({ job, shownBefore, sameFailure }: Section, failed: FailedJob[]): string {
  const { name, conclusion, url, failedSteps } = job;
  const steps = failedSteps.slice(0, stepsNamed).map((step) => oneLine(step, nameLength));
  const more = failedSteps.length - steps.length;
  const number = failed.indexOf(job) + 1;
  return [
    `=== Failed job ${number} of ${failed.length}: ${oneLine(name, nameLength)} ===`,
    `Conclusion: ${conclusion}`,
    ...(url === "" ? [] : [`Full log: ${url}`]),
    ...(steps.length === 0
      ? []
      : [`Failed steps: ${steps.join("; ")}${more > 0 ? `; and ${more} more` : ""}`]),
    ...(sameFailure.length === 0
      ? []
      : ["Also in these jobs:", ...sameFailure.slice(0, mostSameNamed).map(entryOf)]),
    shownBefore.size === 0
      ? "Excerpt of the log:"
      : "Excerpt of the log, without lines that are shown above:",
  ].join("\n");
}

/** The jobs without an excerpt, as many as fit into the summary. */
function listOf(jobs: FailedJob[]): string {
  if (jobs.length === 0) return "";
  let list = "\n=== Failed jobs whose logs are not shown ===\n";
  for (const [index, job] of jobs.entries()) {
    const entry = `${entryOf(job)}\n`;
    if (byteLength(list) + byteLength(entry) > otherJobsBytes)
      return `${list}- and ${jobs.length - index} more\n`;
    list += entry;
  }
  return list;
}

const entryOf = ({ name, conclusion, url }: FailedJob): string =>
  `- ${oneLine(name, nameLength)} (${conclusion})${url === "" ? "" : `: ${url}`}`;

const noFailedJob = (link: string): string =>
  `GitHub lists no failed job for this run: for example, if the workflow file is invalid, no job starts. See the run's page: ${link}`;

async function linkToRun(
  octokit: RequestClient,
  { owner, repo, runId, attempt }: RunAttempt,
): Promise<string> {
  const { data } = await octokit.request("GET /repos/{owner}/{repo}/actions/runs/{run_id}", {
    owner,
    repo,
    run_id: runId,
  });
  return `${data.html_url}/attempts/${attempt}`;
}
