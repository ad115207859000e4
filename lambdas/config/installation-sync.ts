import type { Octokit } from "@octokit/rest";
import type { GitHubApp } from "../github/app.js";
import { installedRepositories } from "../github/installations.js";
import type { RepositoriesAdded, RepositoriesRemoved } from "../model/config-event.js";
import { InvalidScheduleError, isRefusal } from "../model/errors.js";
import type { Repository } from "../model/event.js";
import { log } from "../runtime/log.js";
import { isRefusedSchedule, RepositorySchedules } from "../schedules/scheduler.js";
import { KnownRepositories } from "./known-repositories.js";
import { readConfig } from "./read-config.js";
import { removeSchedules, syncSchedules } from "./schedule-sync.js";

/** The number of repositories that one call syncs. It takes about a minute if GitHub is slow. */
const atOnce = 30;

/** The input of the next call. */
export interface Progress {
  position: number;
  done: boolean;
}

/**
 * Syncs the schedules of the next repositories that were added or removed. `position` is 0 in the first call; after that
 * it is the previous call's result.
 */
export async function syncInstallation(
  app: GitHubApp,
  event: RepositoriesAdded | RepositoriesRemoved,
  position: number,
): Promise<Progress> {
  return event.type === "repositories_added"
    ? syncAdded(app.installation(event.installation), event, position)
    : syncRemoved(app, event, position);
}

/** The position counts the finished repositories. The list of a whole installation is read page by page. */
async function syncAdded(
  octokit: Octokit,
  { installation, repositories }: RepositoriesAdded,
  position: number,
): Promise<Progress> {
  const batch = repositories
    ? repositories.slice(position, position + atOnce)
    : await installedRepositories(octokit, position / atOnce + 1, atOnce);
  for (const repository of batch) {
    await unlessRefused(repository, async () => {
      if (await needsSync(octokit, repository)) await syncSchedules(octokit, installation, repository);
    });
  }
  return { position: position + atOnce, done: batch.length < atOnce };
}

/** Most repositories have neither a config nor schedules, so they cost only two requests. */
async function needsSync(octokit: Octokit, repository: Repository): Promise<boolean> {
  if ((await readConfig(octokit, repository)).state !== "absent") return true;
  return (await new RepositorySchedules(repository.id).list()).length > 0;
}

/** The position is the id of the last finished repository, so the list may shrink between two calls. */
async function syncRemoved(
  app: GitHubApp,
  { installation, repositories }: RepositoriesRemoved,
  position: number,
): Promise<Progress> {
  const all = repositories ?? (await new KnownRepositories(installation).list());
  const batch = all
    .filter(({ id }) => id > position)
    .sort((a, b) => a.id - b.id)
    .slice(0, atOnce);
  for (const repository of batch) {
    await unlessRefused(repository, () => removeSchedules(app, installation, repository));
  }
  return { position: batch.at(-1)?.id ?? position, done: batch.length < atOnce };
}

/**
 * Skips a repository that was deleted or blocked, or that has a schedule that Scheduler rejects, because the others must
 * still be synced.
 */
async function unlessRefused(repository: Repository, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const isGone = isRefusal(error, 403, 404, 410, 451);
    if (!isGone && !isScheduleError(error)) throw error;
    const { name, message } = error;
    log.error("A repository is skipped", { repository: repository.id, error: name, reason: message });
  }
}

function isScheduleError(error: unknown): error is Error {
  return error instanceof InvalidScheduleError || isRefusedSchedule(error);
}
