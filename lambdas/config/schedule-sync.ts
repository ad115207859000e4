import type { Octokit } from "@octokit/rest";
import { isServed } from "../accounts/served.js";
import { withLease } from "../aws/lease.js";
import type { GitHubApp } from "../github/app.js";
import { findCommit } from "../github/contents.js";
import { type CurrentRepository, findInstallation, findRepository } from "../github/installations.js";
import { readWhileStale } from "../github/stale-reads.js";
import type { Repository } from "../model/event.js";
import { log } from "../runtime/log.js";
import { RepositorySchedules } from "../schedules/scheduler.js";
import { type WantedSchedule, wantedSchedules } from "../schedules/wanted.js";
import { OriginStore } from "./job-origins.js";
import { KnownRepositories } from "./known-repositories.js";
import { schedulesLease } from "./leases.js";
import { noteOrigins, type PushedConfig } from "./origin-sync.js";
import { type ConfigState, readConfig } from "./read-config.js";

/**
 * `applied`: the schedules match the config. `kept`: the config is invalid, and the schedules are unchanged. `gone`:
 * the repository no longer exists, and nothing was done; or its account is not served, and it has no schedules.
 */
export type SyncOutcome = "applied" | "kept" | "gone";

/**
 * Syncs a repository's schedules with the config at the head of the default branch, not at the pushed commit, so the
 * order of pushes does not matter. Records who pushed the jobs that `push` adds.
 */
export async function syncSchedules(
  octokit: Octokit,
  installation: number,
  repository: Repository,
  push?: PushedConfig,
): Promise<SyncOutcome> {
  return withLease(schedulesLease(repository.id), () => applyConfig(octokit, installation, repository, push));
}

/**
 * Removes the schedules of a repository that the App can no longer access. Deliveries can be late: if the App can access
 * the repository again, perhaps through another installation, the schedules are synced instead.
 */
export async function removeSchedules(
  app: GitHubApp,
  formerInstallation: number,
  repository: Repository,
): Promise<void> {
  const { id } = repository;
  const ask = () => findInstallation(app.installation(formerInstallation), repository);
  await readWhileStale((installation) => installation === formerInstallation, ask);
  // Ask under the lease. If the App is added again later, that event syncs after this one.
  await withLease(schedulesLease(id), async () => {
    const installation = await ask();
    const outcome =
      installation === undefined
        ? "gone"
        : await applyConfig(app.installation(installation), installation, repository);
    if (outcome === "gone") {
      await reconcile(id, []);
      // The relay misses pushes while the App is away, so no job has a known origin when it returns.
      await new OriginStore(id).write({ jobs: [] });
    }
    if (outcome === "gone" || installation !== formerInstallation) {
      await new KnownRepositories(formerInstallation).forget(id);
    }
  });
}

/** Only the holder of the lease may call this. */
async function applyConfig(
  octokit: Octokit,
  installation: number,
  { id, owner, name, private: isPrivate }: Repository,
  push?: PushedConfig,
): Promise<SyncOutcome> {
  const known = new KnownRepositories(installation);
  await known.remember({ id, owner, name, private: isPrivate });
  const current = await readWhileStale<CurrentRepository | undefined>(
    (seen) => seen === undefined,
    () => findRepository(octokit, { owner, name }),
  );
  // Another repository may have taken this name; its own events sync it.
  if (current?.id !== id) {
    await known.forget(id);
    return "gone";
  }
  const account = { id: current.ownerId, login: current.owner };
  if (!(await isServed(account))) {
    log.warn("The account is not served: it has no schedules", { repository: id, account: account.login });
    await reconcile(id, []);
    await known.forget(id);
    return "gone";
  }
  const head = await findHead(octokit, current, push?.before);
  const state: ConfigState =
    head === undefined ? { state: "absent" } : await readConfig(octokit, current, head);
  await noteOrigins(octokit, current, { head, state }, push);
  if (state.state === "invalid") return "kept";
  const jobs = state.state === "valid" ? state.config.scheduled_jobs : [];
  const wanted = wantedSchedules({ installation, repository: current }, jobs);
  await reconcile(id, wanted);
  if (wanted.length === 0) await known.forget(id);
  return "applied";
}

async function reconcile(repositoryId: number, wanted: readonly WantedSchedule[]): Promise<void> {
  const { created, changed, removed } = await new RepositorySchedules(repositoryId).reconcile(wanted);
  log.info("Schedules synced", {
    repository: repositoryId,
    wanted: wanted.length,
    created: created.length,
    changed: changed.length,
    removed: removed.length,
  });
}

/**
 * The head of the default branch; `undefined` for an empty repository. If it is still the commit that the push replaced,
 * we ask GitHub again, because the next sync may be months away. If it doesn't change, the push was reverted.
 */
async function findHead(
  octokit: Octokit,
  repository: CurrentRepository,
  before: string | undefined,
): Promise<string | undefined> {
  return readWhileStale(
    (head) => before !== undefined && (head === undefined || head === before),
    () => findCommit(octokit, repository, `heads/${repository.defaultBranch}`),
  );
}
