import type { Octokit } from "@octokit/rest";
import { matchingRule } from "../config/failed-run-rules.js";
import { OriginStore } from "../config/job-origins.js";
import { type Standing, standingOf, standingOfNobody } from "../config/job-standing.js";
import { readConfig } from "../config/read-config.js";
import { configPath, type Fault, type RepoConfig } from "../config/repo-config.js";
import { connectGitHub } from "../github/app.js";
import { RepositoryClient } from "../github/repository.js";
import type { BranchFailed, JobDue, StartingEvent } from "../model/event.js";
import type { Factory, Plan } from "../model/plan.js";
import { taskKey } from "../model/record.js";
import { howToStartAnew } from "../model/work.js";
import { log } from "../runtime/log.js";

const unplanned: Plan = { outcome: "nothing", detail: "", requester: null, factory: null, prompt: "" };

/**
 * Plans the task of an event from the repository's current config on the default branch. If the config has faults, there is
 * no task until somebody fixes them.
 */
export async function planTask(event: StartingEvent): Promise<Plan> {
  const octokit = (await connectGitHub()).installation(event.installation);
  const read = await readConfig(octokit, event.repository);
  switch (read.state) {
    case "absent":
      return event.type === "task_requested"
        ? { ...unplanned, outcome: "planned", requester: event.sender }
        : unplanned;
    case "invalid":
      return faulty(faultText(read.faults, event));
    case "valid":
      return new Planning(octokit, read.config, event).plan();
  }
}

function faulty(detail: string): Plan {
  return { ...unplanned, outcome: "faulty", detail };
}

/** The additions of a job or a failing branch to its plan. */
interface Addition {
  branch: string;
  prompt: string;
}

class Planning {
  readonly #repository: RepositoryClient;

  constructor(
    octokit: Octokit,
    private readonly config: RepoConfig,
    private readonly event: StartingEvent,
  ) {
    this.#repository = new RepositoryClient(octokit, event.repository);
  }

  async plan(): Promise<Plan> {
    const { event } = this;
    switch (event.type) {
      case "task_requested":
        return { ...unplanned, outcome: "planned", requester: event.sender, factory: await this.#factory() };
      case "job_due":
        return this.#planJob(event);
      case "branch_failed":
        return this.#planFailure(event);
    }
  }

  async #planJob({ job: { name }, repository }: JobDue): Promise<Plan> {
    const job = this.config.scheduled_jobs.find((candidate) => candidate.name === name);
    if (!job) return unplanned;
    const origins = await new OriginStore(repository.id).read();
    const standing = await standingOf(job, origins.jobs, this.#repository);
    return this.#planAs(standing, `The job "${name}"`, { branch: job.branch, prompt: job.prompt });
  }

  async #planFailure({ run }: BranchFailed): Promise<Plan> {
    const rule = matchingRule(this.config, run);
    if (!rule) return unplanned;
    const { workflow, branch } = run;
    const prompt = rule.prompt_additions ?? "";
    return this.#planAs(standingOfNobody(), `The failure of ${workflow} on ${branch}`, { branch, prompt });
  }

  /** The plan of work without an issue. The work is refused if there is nobody on whose behalf it may be done. */
  async #planAs(standing: Standing, what: string, { branch, prompt }: Addition): Promise<Plan> {
    if (standing.as === "nobody") {
      log.warn("Work is refused: there is nobody on whose behalf it may be done", {
        ...taskKey(this.event),
        reason: standing.reason,
      });
      return faulty(`${what} is not worked on: ${standing.reason}`);
    }
    const requester = standing.as === "person" ? standing.person : null;
    const factory = await this.#factory(branch);
    return { ...unplanned, outcome: "planned", requester, factory, prompt };
  }

  async #factory(baseBranch?: string): Promise<Factory> {
    const { sandbox, harness } = this.config;
    return {
      repo_url: await this.#repository.url(),
      repo_name: this.event.repository.name,
      ...(baseBranch !== undefined && { base_branch: baseBranch }),
      ai_provider: harness.provider,
      ...(sandbox.volumes.length > 0 && { extra_volumes: sandbox.volumes }),
      size: sandbox.size,
      docker: sandbox.docker,
    };
  }
}

/** A status comment lists at most this many faults, to stay readable. */
const mostFaults = 20;

function faultText(faults: readonly Fault[], event: StartingEvent): string {
  const lines = faults
    .slice(0, mostFaults)
    .map(({ line, path, message }) => `Line ${line}${path === "" ? "" : `, ${path}`}: ${message}`);
  const more = faults.length > mostFaults ? [`And ${faults.length - mostFaults} more.`] : [];
  const remedy = `Fix the file on the default branch. ${howToStartAnew(event)}`;
  return [
    `${configPath} has faults, so it does not say in which workspace the agent may work.`,
    ...lines,
    ...more,
    remedy,
  ].join("\n");
}
