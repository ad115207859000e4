import { isRepositoryServed } from "../accounts/served.js";
import { withLease } from "../aws/lease.js";
import type { GitHubApp } from "../github/app.js";
import { CheckRunClient } from "../github/check-runs.js";
import { postIfAllowed } from "../github/post-if-allowed.js";
import type { ConfigProposed, ConfigPush } from "../model/config-event.js";
import { log } from "../runtime/log.js";
import { checkReport } from "./check-report.js";
import { OriginStore } from "./job-origins.js";
import { type ExpectedStanding, expectedStanding, standingOfNobody } from "./job-standing.js";
import { checkLease } from "./leases.js";
import { changesConfig } from "./proposed-change.js";
import { readConfig } from "./read-config.js";
import type { ScheduledJob } from "./repo-config.js";

export interface Checked {
  /**
   * `none`: no check run was written, because the account is not served, the pull request does not change the config, or
   * the repository has no config and the push didn't remove one.
   */
  outcome: "success" | "failure" | "neutral" | "none";
}

/**
 * Checks the config at an event's commit and writes the result as a check run. Skips pull requests that don't change the
 * config.
 */
export async function checkConfig(app: GitHubApp, event: ConfigPush | ConfigProposed): Promise<Checked> {
  const { repository } = event;
  const isPush = event.type === "config_push";
  const sha = isPush ? event.push.after : event.pull.headSha;
  const octokit = app.installation(event.installation);
  if (!(await isRepositoryServed(octokit, repository))) return { outcome: "none" };
  if (!isPush && !(await changesConfig(octokit, event))) return { outcome: "none" };
  const state = await readConfig(octokit, repository, sha);
  const jobs = state.state === "valid" ? state.config.scheduled_jobs : [];
  const report = checkReport(state, {
    jobs: await standingsOf(jobs, repository.id),
    failedRuns: standingOfNobody(),
  });
  const checkRun = new CheckRunClient(octokit, app.id, repository, sha);
  // If there is no file, a push needs no check run unless it removed the file.
  if (isPush && state.state === "absent" && !event.push.removed && !(await checkRun.exists(report))) {
    return { outcome: "none" };
  }
  await postIfAllowed(
    { said: "the result of the config check, in a check run", repositoryId: repository.id },
    () => withLease(checkLease(repository.id, sha), () => checkRun.write(report)),
  );
  log.info("Config checked", {
    repository: repository.id,
    sha,
    state: state.state,
    conclusion: report.conclusion,
  });
  return { outcome: report.conclusion };
}

/** The expected standing of each job, by the job's name. */
async function standingsOf(
  jobs: readonly ScheduledJob[],
  repositoryId: number,
): Promise<Map<string, ExpectedStanding>> {
  if (jobs.length === 0) return new Map();
  const origins = (await new OriginStore(repositoryId).read()).jobs;
  return new Map(jobs.map((job) => [job.name, expectedStanding(job, origins)]));
}
