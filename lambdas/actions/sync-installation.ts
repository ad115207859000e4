import type { Octokit } from "@octokit/rest";
import * as z from "zod/mini";
import { KnownRepositories } from "../config/known-repositories.js";
import { readConfig } from "../config/read-config.js";
import { removeSchedules, syncSchedules } from "../config/schedule-sync.js";
import { connectGitHub } from "../github/app.js";
import { installedRepositories } from "../github/installations.js";
import { InvalidScheduleError, isRefusal } from "../model/errors.js";
import {
  type RepositoriesAdded,
  type RepositoriesRemoved,
  type Repository,
  repositoriesAddedSchema,
  repositoriesRemovedSchema,
} from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import { log } from "../runtime/log.js";
import { isRefusedSchedule, RepositorySchedules } from "../schedules/scheduler.js";

const inputSchema = z.object({
  event: z.discriminatedUnion("type", [repositoriesAddedSchema, repositoriesRemovedSchema]),
  /** 0 at first, then what the call before has returned. */
  position: z.int(),
});

/** How many repositories one call takes care of: a minute's work where GitHub is slow. */
const atOnce = 30;

export interface Progress {
  position: number;
  done: boolean;
}

/** Some of the repositories that were added or removed: their schedules come, or go. */
export async function handler(input: unknown): Promise<Progress> {
  const { event, position } = parseInput(inputSchema, input);
  return event.type === "repositories_added" ? added(event, position) : removed(event, position);
}

/** The position is how many were looked at; the list of a whole installation is read page by page. */
async function added({ installation, repositories }: RepositoriesAdded, position: number): Promise<Progress> {
  const octokit = (await connectGitHub()).installation(installation);
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

/** Most repositories have neither a config nor schedules: two questions are enough for these. */
async function needsSync(octokit: Octokit, repository: Repository): Promise<boolean> {
  if ((await readConfig(octokit, repository)).state !== "absent") return true;
  return (await new RepositorySchedules(repository.id).list()).length > 0;
}

/** The position is the id of the last one that was looked at: a list that shrinks meanwhile does no harm. */
async function removed(
  { installation, repositories }: RepositoriesRemoved,
  position: number,
): Promise<Progress> {
  const app = await connectGitHub();
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
 * One repository's trouble must not keep the others from their turn: it was deleted or blocked meanwhile, or Scheduler
 * refuses a schedule of its.
 */
async function unlessRefused(repository: Repository, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const isGone = isRefusal(error, 403, 404, 410, 451);
    if (!isGone && !isOfSchedule(error)) throw error;
    const { name, message } = error;
    log.error("A repository is passed over", { repository: repository.id, error: name, reason: message });
  }
}

function isOfSchedule(error: unknown): error is Error {
  return error instanceof InvalidScheduleError || isRefusedSchedule(error);
}
