import * as z from "zod/mini";
import { isRepositoryServed } from "../accounts/served.js";
import { checkReport } from "../config/check-report.js";
import { OriginStore } from "../config/job-origins.js";
import { type ExpectedStanding, expectedStanding, standingOfNobody } from "../config/job-standing.js";
import { checkLease, withLease } from "../config/lease.js";
import { readConfig } from "../config/read-config.js";
import type { ScheduledJob } from "../config/repo-config.js";
import { connectGitHub } from "../github/app.js";
import { CheckRunClient } from "../github/check-runs.js";
import { postIfAllowed } from "../github/post-if-allowed.js";
import { configProposedSchema, configPushSchema } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import { log } from "../runtime/log.js";

const inputSchema = z.object({
  event: z.discriminatedUnion("type", [configPushSchema, configProposedSchema]),
});

export interface Checked {
  /** `none`: there is nothing to say. The account is not served, or the repository has no config and has lost none. */
  outcome: "success" | "failure" | "neutral" | "none";
}

/** Says in a check run what the config at an event's commit comes to. */
export async function handler(input: unknown): Promise<Checked> {
  const { event } = parseInput(inputSchema, input);
  const { repository } = event;
  const isPush = event.type === "config_push";
  const sha = isPush ? event.push.after : event.pull.headSha;
  const app = await connectGitHub();
  const octokit = app.installation(event.installation);
  if (!(await isRepositoryServed(octokit, repository))) return { outcome: "none" };
  const state = await readConfig(octokit, repository, sha);
  const jobs = state.state === "valid" ? state.config.scheduled_jobs : [];
  const report = checkReport(state, {
    jobs: await standingsOf(jobs, repository.id),
    failedRuns: standingOfNobody(),
  });
  const checkRun = new CheckRunClient(octokit, app.id, repository, sha);
  // A push that only may have touched the file says nothing where there is none.
  if (isPush && state.state === "absent" && !event.push.removed && !(await checkRun.exists(report))) {
    return { outcome: "none" };
  }
  await postIfAllowed({ said: "what the config comes to, in a check run", repositoryId: repository.id }, () =>
    withLease(checkLease(repository.id, sha), () => checkRun.write(report)),
  );
  log.info("Config checked", {
    repository: repository.id,
    sha,
    state: state.state,
    conclusion: report.conclusion,
  });
  return { outcome: report.conclusion };
}

/** As whom the jobs work, by their names. */
async function standingsOf(
  jobs: readonly ScheduledJob[],
  repositoryId: number,
): Promise<Map<string, ExpectedStanding>> {
  if (jobs.length === 0) return new Map();
  const origins = (await new OriginStore(repositoryId).read()).jobs;
  return new Map(jobs.map((job) => [job.name, expectedStanding(job, origins)]));
}
