import { parseRepoConfig } from "../config/repo-config.js";
import type { Installation } from "../github/app-installations.js";
import type { Survey } from "../github/survey.js";
import { InvalidScheduleError } from "../model/errors.js";
import type { Repository } from "../model/event.js";
import { type Differences, RepositorySchedules } from "../schedules/scheduler.js";
import { type ScheduleSource, type WantedSchedule, wantedSchedules } from "../schedules/wanted.js";
import type { MissedDelivery } from "./missed-delivery.js";

/** The data that is needed to find schedules that differ. */
export interface ScheduleSurvey {
  installation: Installation;
  surveys: readonly Survey[];
  /** The ids of all repositories that have schedules. */
  scheduled: ReadonlySet<number>;
  sweepStartedAt: number;
}

/**
 * The repositories whose schedules differ from the config at the head of the default branch, as one delivery. It looks as
 * if they had just been added, because it is no longer known who pushed the config. A config with faults changes no
 * schedules.
 */
export async function missedConfigs(survey: ScheduleSurvey): Promise<MissedDelivery[]> {
  const { installation, surveys, scheduled, sweepStartedAt } = survey;
  const differing: Repository[] = [];
  for (const surveyed of surveys) {
    const { unwanted, wrong } = (await scheduleDifferences(installation.id, surveyed, scheduled)) ?? inLine;
    if (unwanted.length + wrong.length > 0) differing.push(surveyed.repository);
  }
  if (differing.length === 0) return [];
  return [
    changed("added", installation, differing, sweepStartedAt, "has schedules that differ from its config"),
  ];
}

const inLine: Differences = { unwanted: [], wrong: [] };

/**
 * How a repository's schedules differ from its config; `undefined` if the config is unknown or has faults. `scheduled`
 * contains the ids of all repositories that have schedules.
 */
export async function scheduleDifferences(
  installation: number,
  { repository, file }: Pick<Survey, "repository" | "file">,
  scheduled: ReadonlySet<number>,
): Promise<Differences | undefined> {
  const wanted = wantedIn(file, { installation, repository });
  if (wanted?.length === 0 && !scheduled.has(repository.id)) return inLine;
  return wanted && new RepositorySchedules(repository.id).differences(wanted);
}

/** `undefined` if the file is unknown or has faults. */
function wantedIn(file: Survey["file"], source: ScheduleSource): WantedSchedule[] | undefined {
  if (file === undefined) return undefined;
  if (file === null) return [];
  const parsed = parseRepoConfig(Buffer.from(file));
  if ("faults" in parsed) return undefined;
  try {
    return wantedSchedules(source, parsed.config.scheduled_jobs);
  } catch (error) {
    if (error instanceof InvalidScheduleError) return undefined;
    throw error;
  }
}

/**
 * Schedules of repositories that no longer belong to any installation. The flow asks GitHub about each before it removes
 * them.
 */
export async function missedRemovals(
  ids: Iterable<number>,
  sweepStartedAt: number,
): Promise<MissedDelivery[]> {
  const missed: MissedDelivery[] = [];
  for (const id of ids) {
    const source = await new RepositorySchedules(id).source();
    if (!source) continue;
    const { installation, repository } = source;
    const account = { id: repository.ownerId, login: repository.owner };
    const why = "has schedules, and the App is not installed there";
    missed.push(changed("removed", { id: installation, account }, [repository], sweepStartedAt, why));
  }
  return missed;
}

/** Schedules are compared again in each sweep, so the sweep is part of the fact. */
function changed(
  action: "added" | "removed",
  { id, account }: { id: number; account: { id: number | undefined; login: string } },
  repositories: readonly Repository[],
  sweepStartedAt: number,
  why: string,
): MissedDelivery {
  const named = repositories.map(({ id, name, private: isPrivate }) => ({ id, name, private: isPrivate }));
  const ids = named.map((repository) => repository.id).join(",");
  return {
    type: "installation_repositories",
    payload: {
      action,
      installation: { id, account },
      repositories_added: action === "added" ? named : [],
      repositories_removed: action === "removed" ? named : [],
      sender: null,
    },
    fact: `schedules#${action}#${id}#${ids}#${sweepStartedAt}`,
    gap: `${repositories.map(({ owner, name }) => `${owner}/${name}`).join(", ")} ${why}`,
  };
}
