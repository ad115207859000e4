import { isRefusal } from "../model/errors.js";
import type { RequestClient } from "./request-client.js";
import type { Period } from "./scores.js";

export interface RunAttempt {
  owner: string;
  repo: string;
  runId: number;
  attempt: number;
}

export interface FailedJob {
  id: number;
  name: string;
  conclusion: string;
  /** Empty if GitHub sends none. */
  url: string;
  failedSteps: string[];
  /** When these steps ran, if GitHub sends the times. */
  failedPeriods: Period[];
}

const perPage = 100;
const failures: readonly unknown[] = ["failure", "timed_out", "startup_failure"];

/** The failed jobs of an attempt; if there are none, the cancelled ones. */
export async function failedJobs(
  octokit: RequestClient,
  run: RunAttempt,
): Promise<{ failed: FailedJob[]; total: number }> {
  const failed: FailedJob[] = [];
  const cancelled: FailedJob[] = [];
  let total = 0;
  for (let page = 1; ; page++) {
    const jobs = await jobsOf(octokit, run, page);
    total += jobs.length;
    for (const { id, name, conclusion, html_url, steps = [] } of jobs) {
      const list = failures.includes(conclusion)
        ? failed
        : conclusion === "cancelled"
          ? cancelled
          : undefined;
      const failedSteps = steps.filter(
        (step) => failures.includes(step.conclusion) || step.conclusion === "cancelled",
      );
      list?.push({
        id: Number(id),
        name,
        conclusion: conclusion ?? "",
        url: html_url ?? "",
        failedSteps: failedSteps.map((step) => step.name),
        failedPeriods: failedSteps.flatMap(periodOf),
      });
    }
    if (jobs.length < perPage) return { failed: failed.length > 0 ? failed : cancelled, total };
  }
}

/** In whole seconds, like GitHub's times. A step that never ended lasts until the end of the log. */
function periodOf({
  started_at,
  completed_at,
}: {
  started_at?: string | null;
  completed_at?: string | null;
}) {
  if (!started_at) return [];
  return [{ from: inSeconds(started_at), to: completed_at ? inSeconds(completed_at) : "9999" }];
}

const inSeconds = (time: string): string =>
  new Date(time).toISOString().slice(0, "2026-03-04T05:06:07".length);

async function jobsOf(octokit: RequestClient, { owner, repo, runId, attempt }: RunAttempt, page: number) {
  const run = { owner, repo, run_id: runId, per_page: perPage, page };
  try {
    const { data } = await octokit.request(
      "GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs",
      { ...run, attempt_number: attempt },
    );
    return data.jobs;
  } catch (error) {
    if (!isRefusal(error, 404)) throw error;
    // GitHub deletes old attempts before the run, and older servers don't have them, so use the latest attempt.
    const { data } = await octokit.request("GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs", run);
    return data.jobs;
  }
}
