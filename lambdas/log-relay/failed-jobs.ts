import type { Octokit } from "@octokit/core";
import { isRefusal } from "../errors.js";

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
  /** Empty where GitHub names none. */
  url: string;
  failedSteps: string[];
}

const perPage = 100;
const failures: readonly unknown[] = ["failure", "timed_out", "startup_failure"];

/** All jobs of the attempt that failed; those that were cancelled only where there is no other. */
export async function failedJobs(
  octokit: Octokit,
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
      list?.push({
        id: Number(id),
        name,
        conclusion: conclusion ?? "",
        url: html_url ?? "",
        failedSteps: steps
          .filter((step) => failures.includes(step.conclusion) || step.conclusion === "cancelled")
          .map((step) => step.name),
      });
    }
    if (jobs.length < perPage) return { failed: failed.length > 0 ? failed : cancelled, total };
  }
}

async function jobsOf(octokit: Octokit, { owner, repo, runId, attempt }: RunAttempt, page: number) {
  const run = { owner, repo, run_id: runId, per_page: perPage, page };
  try {
    const { data } = await octokit.request(
      "GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs",
      { ...run, attempt_number: attempt },
    );
    return data.jobs;
  } catch (error) {
    if (!isRefusal(error, 404)) throw error;
    // GitHub forgets old attempts before the run; older servers do not have them. The latest is the next best.
    const { data } = await octokit.request("GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs", run);
    return data.jobs;
  }
}
