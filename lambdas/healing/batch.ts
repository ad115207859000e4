import type { Octokit } from "@octokit/rest";
import type { Survey, SurveyedPull } from "../github/survey.js";
import type { PullAsk } from "../model/event.js";
import { isReview, pullKey, type TaskKey, type TaskPull, type TaskRecord } from "../model/record.js";
import { type LiveWork, LiveWorks } from "../tasks/live-works.js";
import type { TaskStore } from "../tasks/store.js";
import type { Identities } from "../webhook/classification.js";
import type { SweepStore } from "./sweep-state.js";

/** The oldest comments and failures that are checked. Inboxes remember their inputs for eight days. */
export const longestMs = 7 * 24 * 3600_000;

/** Repositories of one installation that are processed together. */
export interface Batch {
  octokit: Octokit;
  installation: number;
  /** The agent, under its current login, and the App. */
  identities: Identities & { agentId: number };
  surveys: Survey[];
  /** The works that may want a task, by the repository's id and the work. */
  live: ReadonlyMap<number, ReadonlyMap<string, LiveTask>>;
  /** What the agent is asked to do with other people's open pull requests, by their ids in the GraphQL API. */
  asks: ReadonlyMap<string, PullAsk>;
  store: TaskStore;
  state: SweepStore;
  /** If `true`, nothing may be changed. */
  isDryRun: boolean;
  /** The start of the period that no sweep has covered yet (ISO 8601). */
  since: string;
  /** Younger events are skipped: their webhook may still be in flight (ISO 8601). */
  until: string;
}

/** A work that is noted as wanting a task, with its record. */
export interface LiveTask {
  noted: LiveWork;
  record: TaskRecord | undefined;
}

/** Reads the live works of repositories. */
export async function readLive(store: TaskStore, surveys: readonly Survey[]): Promise<Batch["live"]> {
  const live = new Map<number, Map<string, LiveTask>>();
  for (const { repository } of surveys) {
    const tasks = new Map<string, LiveTask>();
    for (const noted of await new LiveWorks(repository.id).list()) {
      const record = await store.get({ repositoryId: repository.id, work: noted.work });
      tasks.set(noted.work, { noted, record });
    }
    live.set(repository.id, tasks);
  }
  return live;
}

/** The record of a work. For a live work, this is the record that was read with the batch. */
export async function recordOf(
  { live, store }: Pick<Batch, "store"> & Partial<Pick<Batch, "live">>,
  key: TaskKey,
): Promise<TaskRecord | undefined> {
  const known = live?.get(key.repositoryId)?.get(key.work);
  return known ? known.record : store.get(key);
}

/** How many works want a task and have one. */
export function tasksAlive({ live }: Batch): number {
  const all = [...live.values()].flatMap((tasks) => [...tasks.values()]);
  return all.filter(({ record }) => record?.wanted && record.task?.id !== undefined).length;
}

/** Whether it happened before `until`. */
export function isSettled({ until }: Batch, at: string): boolean {
  return Date.parse(at) <= Date.parse(until);
}

/** The open pull requests in a repository that the agent has opened. */
export function agentsPulls({ identities }: Batch, { pulls }: Survey): SurveyedPull[] {
  return pulls.filter(({ authorId }) => authorId === identities.agentId);
}

/** The open pull requests in a repository that somebody else has opened. */
export function othersPulls({ pulls }: Survey, agentId: number): SurveyedPull[] {
  return pulls.filter(({ authorId }) => authorId !== agentId);
}

/**
 * The open pull requests in a repository on which people may speak to the agent: its own, and those that it was given.
 */
export function heardPulls(batch: Batch, { repository, pulls }: Survey): SurveyedPull[] {
  const isGiven = (number: number) => givenPull(batch, repository.id, number)?.wanted === true;
  return pulls.filter(({ authorId, number }) => authorId === batch.identities.agentId || isGiven(number));
}

/** The same, without those that the agent only reviews: their CI failures and conflicts don't concern it. */
export function workedOnPulls(batch: Batch, survey: Survey): SurveyedPull[] {
  const isReviewed = (number: number) => isReview(givenPull(batch, survey.repository.id, number)?.source);
  return heardPulls(batch, survey).filter(({ number }) => !isReviewed(number));
}

/** The pull requests in the records of a repository's live tasks, by number. */
export function pullsOfLiveTasks({ live }: Batch, { repository: { id } }: Survey): Map<number, TaskPull> {
  const works = [...(live.get(id)?.values() ?? [])];
  const pulls = works.flatMap(({ record }) => (record?.wanted && record.pulls) || []);
  return new Map(pulls.filter(({ repository }) => repository.id === id).map((pull) => [pull.number, pull]));
}

/** The same, only those that are no longer open. The record may not say so yet. */
export function endedPulls(batch: Batch, survey: Survey): TaskPull[] {
  const known = [...pullsOfLiveTasks(batch, survey).values()];
  return known.filter(({ number }) => !survey.pulls.some((pull) => pull.number === number));
}

/** The record of a pull request that the agent was given. */
function givenPull({ live }: Batch, repositoryId: number, number: number): TaskRecord | undefined {
  return live.get(repositoryId)?.get(pullKey(repositoryId, number).work)?.record;
}

/** The agent as it appears in payloads. */
export function agentOf({ identities }: Batch): { id: number; login: string; type: string } {
  return { id: identities.agentId, login: identities.agent, type: "User" };
}
