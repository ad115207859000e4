import type { Octokit } from "@octokit/core";

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
  const { data } = await octokit.request(
    "GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs",
    { owner, repo, run_id: runId, attempt_number: attempt, per_page: perPage, page },
  );
  return data.jobs;
}
