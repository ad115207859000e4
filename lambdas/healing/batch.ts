import type { Octokit } from "@octokit/rest";
import type { Survey, SurveyedPull } from "../github/survey.js";
import type { PullAsk } from "../model/event.js";
import { isReview, pullKey, type TaskKey, type TaskPull, type TaskRecord } from "../model/record.js";
import { type LiveWork, LiveWorks } from "../tasks/live-works.js";
import type { TaskStore } from "../tasks/store.js";
import type { Identities } from "../webhook/classification.js";
import type { SweepStore } from "./sweep-state.js";

/** The repositories of one installation that are looked at together. */
export interface Batch {
  octokit: Octokit;
  installation: number;
  /** The agent and the App; the agent's login is its present one. */
  identities: Identities & { agentId: number };
  surveys: Survey[];
  /** The works of each repository that may want a task, by the repository's id and the work. */
  live: ReadonlyMap<number, ReadonlyMap<string, LiveTask>>;
  /** What the agent is asked to do with open pull requests of others, by their ids in the GraphQL API. */
  asks: ReadonlyMap<string, PullAsk>;
  store: TaskStore;
  state: SweepStore;
  /** Nothing may be changed. */
  isDryRun: boolean;
  /** What GitHub shows from here on has not been looked at: ISO 8601. */
  since: string;
  /** What is younger may still be under way as a webhook: ISO 8601. */
  until: string;
}

/** A work that is noted to want a task, and its record. */
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

/** The record of a work; that of a live one is what it was when the batch was read. */
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

/** The agent's open pull requests of a repository: those that it has opened. */
export function agentsPulls({ identities }: Batch, { pulls }: Survey): SurveyedPull[] {
  return pulls.filter(({ authorId }) => authorId === identities.agentId);
}

/** The open pull requests that somebody else has opened. */
export function othersPulls({ pulls }: Survey, agentId: number): SurveyedPull[] {
  return pulls.filter(({ authorId }) => authorId !== agentId);
}

/** The open pull requests of a repository where people may speak to the agent: its own, and those that it was given. */
export function heardPulls(batch: Batch, { repository, pulls }: Survey): SurveyedPull[] {
  const isGiven = (number: number) => givenPull(batch, repository.id, number)?.wanted === true;
  return pulls.filter(({ authorId, number }) => authorId === batch.identities.agentId || isGiven(number));
}

/** Those of them that the agent works on: CI and conflicts of one that it only reviews are not its business. */
export function workedOnPulls(batch: Batch, survey: Survey): SurveyedPull[] {
  const isReviewed = (number: number) => isReview(givenPull(batch, survey.repository.id, number)?.source);
  return heardPulls(batch, survey).filter(({ number }) => !isReviewed(number));
}

/** The pull requests that the records of a repository's live tasks have, by their numbers. */
export function pullsOfLiveTasks({ live }: Batch, { repository: { id } }: Survey): Map<number, TaskPull> {
  const works = [...(live.get(id)?.values() ?? [])];
  const pulls = works.flatMap(({ record }) => (record?.wanted && record.pulls) || []);
  return new Map(pulls.filter(({ repository }) => repository.id === id).map((pull) => [pull.number, pull]));
}

/** Those of them that are not open any more; the record may not say so yet. */
export function endedPulls(batch: Batch, survey: Survey): TaskPull[] {
  const known = [...pullsOfLiveTasks(batch, survey).values()];
  return known.filter(({ number }) => !survey.pulls.some((pull) => pull.number === number));
}

/** The record of a pull request that the agent was given. */
function givenPull({ live }: Batch, repositoryId: number, number: number): TaskRecord | undefined {
  return live.get(repositoryId)?.get(pullKey(repositoryId, number).work)?.record;
}

/** The agent as payloads name it. */
export function agentOf({ identities }: Batch): { id: number; login: string; type: string } {
  return { id: identities.agentId, login: identities.agent, type: "User" };
}
