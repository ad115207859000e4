import type { Octokit } from "@octokit/rest";
import { agentId } from "../accounts/agent.js";
import { isServed } from "../accounts/served.js";
import { findLogin } from "../github/accounts.js";
import { connectGitHub, type GitHubApp } from "../github/app.js";
import { type Installation, listInstallations } from "../github/app-installations.js";
import { findAsks } from "../github/given-pull.js";
import { type ListedRepository, listRepositories } from "../github/installations.js";
import { hasQuota } from "../github/quota.js";
import { surveyRepositories } from "../github/survey.js";
import { configPath } from "../model/config-path.js";
import { isRefusal, NotInstalledError, passesByItself, RateLimitedError } from "../model/errors.js";
import { hasTimeFor } from "../runtime/budget.js";
import { errorName, log } from "../runtime/log.js";
import { measure } from "../runtime/metrics.js";
import { scheduledRepositories } from "../schedules/scheduler.js";
import type { TaskStore } from "../tasks/store.js";
import { type Batch, longestMs, othersPulls, readLive, tasksAlive } from "./batch.js";
import { type Gap, Gaps } from "./gaps.js";
import { missedComments } from "./missed-comments.js";
import { missedFailures } from "./missed-failures.js";
import { missedGivenEnds } from "./missed-given-pulls.js";
import { missedEnds } from "./missed-issues.js";
import { missedPulls } from "./missed-pulls.js";
import { missedRequests } from "./missed-requests.js";
import { missedConfigs, missedRemovals } from "./missed-schedules.js";
import type { SweepState, SweepStore } from "./sweep-state.js";

export interface SweepOptions {
  /** Only reports what would be started. */
  dryRun: boolean;
  /** Younger events are skipped: their webhook may still be in flight. */
  minimumAgeSeconds: number;
}

export interface Reconciliation {
  /** `paused`: the next run continues with the rest. `busy`: another run is in progress. */
  outcome: "complete" | "paused" | "busy";
  /** Why it was paused. */
  reason?: string;
  /** How many repositories were processed. */
  repositories: number;
  gaps: Gap[];
}

/** The number of repositories in one query. GitHub has to answer a query within ten seconds. */
const atOnce = 20;

/** A batch is started only if this much time is left. */
const batchMs = 60_000;

/** How far back the first sweep goes. */
const firstMs = 24 * 3600_000;

/** GitHub's clock may differ from ours. */
const overlapMs = 60_000;

/** Ends a run before its sweep is complete. */
class Paused extends Error {}

/** One run of a sweep through all repositories of all installations. */
export class Sweep {
  readonly #gaps: Gaps;
  readonly #now = Date.now();
  readonly #until: string;
  readonly #seen = new Set<number>();
  #sweep: SweepState = { startedAt: this.#now };
  #reconciledUntil: number | undefined;
  #scheduled: ReadonlySet<number> = new Set();

  constructor(
    private readonly state: SweepStore,
    private readonly store: TaskStore,
    { dryRun, minimumAgeSeconds }: SweepOptions,
  ) {
    this.#until = new Date(this.#now - minimumAgeSeconds * 1000).toISOString();
    this.#gaps = new Gaps(state, dryRun);
  }

  async run(): Promise<Reconciliation> {
    const { until, sweep } = await this.state.read();
    this.#reconciledUntil = until;
    if (sweep) this.#sweep = sweep;
    const isWhole = sweep?.position === undefined;
    try {
      this.#scheduled = await scheduledRepositories();
      const app = await connectGitHub();
      for (const installation of await listInstallations()) await this.#go(app, installation);
      if (isWhole && !this.#sweep.hasGaps) await this.#removeOrphans();
    } catch (error) {
      if (!(error instanceof Paused) && !passesByItself(error)) throw error;
      await this.#save();
      log.warn("Reconciling is paused", { repositories: this.#seen.size, reason: error.message });
      return { outcome: "paused", reason: error.message, ...this.#result() };
    }
    await this.#complete();
    return { outcome: "complete", ...this.#result() };
  }

  #result() {
    return { repositories: this.#seen.size, gaps: this.#gaps.found };
  }

  async #go(app: GitHubApp, installation: Installation): Promise<void> {
    const { position } = this.#sweep;
    if (position && installation.id < position.installation) return;
    const octokit = app.installation(installation.id);
    try {
      if (!(await isServed(installation.account))) return;
      const after = position?.installation === installation.id ? position.repository : 0;
      const repositories = (await listRepositories(octokit)).filter(({ id }) => id > after);
      const agent = await agentId(octokit);
      const login = (await findLogin(octokit, agent)) ?? "";
      const identities = { agent: login, agentId: agent, appId: Number(app.id) };
      for (let from = 0; from < repositories.length; from += atOnce) {
        const batch = repositories.slice(from, from + atOnce);
        await this.#await(octokit);
        await this.#heal(installation, batch, { octokit, installation: installation.id, identities });
        await this.#proceed(installation.id, batch.at(-1)?.id ?? after);
      }
    } catch (error) {
      // The installation was just removed or suspended; a delivery of its own reports that.
      if (!(error instanceof NotInstalledError) && !isSuspended(error)) throw error;
      log.warn("An installation is skipped", { installation: installation.id, error: error.name });
      this.#sweep.hasGaps = true;
    }
  }

  /** Pauses the run if too little time or too few requests are left. */
  async #await(octokit: Octokit): Promise<void> {
    if (!hasTimeFor(batchMs)) throw new Paused("There is not enough time left for more repositories.");
    if (!(await hasQuota(octokit))) {
      throw new Paused("The rest of GitHub's hourly requests is reserved for the flows.");
    }
  }

  /**
   * If a batch fails, its repositories are processed one by one. One that fails alone is skipped until the next sweep.
   */
  async #heal(
    installation: Installation,
    repositories: readonly ListedRepository[],
    common: Pick<Batch, "octokit" | "installation" | "identities">,
  ): Promise<void> {
    try {
      await this.#look(installation, repositories, common);
    } catch (error) {
      if (error instanceof RateLimitedError || error instanceof NotInstalledError) throw error;
      if (isSuspended(error)) throw error;
      if (!hasTimeFor(batchMs)) throw new Paused("GitHub took too long to answer.");
      if (repositories.length > 1) {
        for (const repository of repositories) await this.#heal(installation, [repository], common);
        return;
      }
      this.#sweep.hasGaps = true;
      log.error("A repository cannot be reconciled", {
        repositoryId: repositories[0]?.id,
        error: errorName(error),
        reason: error instanceof Error ? error.message : "",
      });
    }
  }

  async #look(
    installation: Installation,
    repositories: readonly ListedRepository[],
    common: Pick<Batch, "octokit" | "installation" | "identities">,
  ): Promise<void> {
    const { octokit, identities } = common;
    const surveys = await surveyRepositories(octokit, repositories, {
      agent: identities.agent,
      path: configPath,
    });
    const others = surveys.flatMap((survey) => othersPulls(survey, identities.agentId));
    const since = Math.max(this.#reconciledUntil ?? this.#now - firstMs, this.#now - longestMs);
    const batch: Batch = {
      ...common,
      surveys,
      live: await readLive(this.store, surveys),
      asks: await findAsks(
        octokit,
        others.map(({ nodeId }) => nodeId),
        identities.agentId,
      ),
      store: this.store,
      isDryRun: this.#gaps.isDryRun,
      state: this.state,
      since: new Date(since).toISOString(),
      until: this.#until,
    };
    const [scheduled, sweepStartedAt] = [this.#scheduled, this.#sweep.startedAt];
    for (const look of [
      missedEnds,
      missedGivenEnds,
      missedRequests,
      missedPulls,
      missedComments,
      missedFailures,
    ]) {
      for (const missed of await look(batch)) await this.#gaps.close(missed, identities.appId);
    }
    for (const missed of await missedConfigs({ installation, surveys, scheduled, sweepStartedAt })) {
      await this.#gaps.close(missed, identities.appId);
    }
    if (this.#gaps.hasFailed) this.#sweep.hasGaps = true;
    this.#sweep.alive = (this.#sweep.alive ?? 0) + tasksAlive(batch);
    for (const { id } of repositories) this.#seen.add(id);
  }

  /** Removes the schedules of repositories that no longer belong to any installation. */
  async #removeOrphans(): Promise<void> {
    const orphans = [...this.#scheduled].filter((id) => !this.#seen.has(id));
    for (const missed of await missedRemovals(orphans, this.#sweep.startedAt)) {
      await this.#gaps.close(missed, undefined);
    }
  }

  async #proceed(installation: number, repository: number): Promise<void> {
    this.#sweep.position = { installation, repository };
    await this.#save();
  }

  #save(): Promise<void> {
    return this.state.write({ until: this.#reconciledUntil, sweep: this.#sweep });
  }

  /**
   * If some repositories could not be processed or a flow could not be started, the next sweep covers the same period
   * again.
   */
  async #complete(): Promise<void> {
    const isWhole = !this.#sweep.hasGaps && !this.#gaps.hasFailed;
    const lookedUntil = this.#sweep.startedAt - (this.#now - Date.parse(this.#until)) - overlapMs;
    const until = isWhole ? lookedUntil : this.#reconciledUntil;
    await this.state.write({ until, sweep: undefined });
    if (isWhole && !this.#gaps.isDryRun) measure("TasksAlive", this.#sweep.alive ?? 0);
    log.info("Reconciled", { repositories: this.#seen.size, gaps: this.#gaps.found.length, isWhole });
  }
}

/** GitHub's answer to a token that was issued before the suspension. */
function isSuspended(error: unknown): error is Error {
  return isRefusal(error, 403) && /suspended/i.test(error.reason);
}
