import type { Octokit } from "@octokit/rest";
import type { Survey, SurveyedPull } from "../github/survey.js";
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
  store: TaskStore;
  state: SweepStore;
  /** Nothing may be changed. */
  isDryRun: boolean;
  /** What GitHub shows from here on has not been looked at: ISO 8601. */
  since: string;
  /** What is younger may still be under way as a webhook: ISO 8601. */
  until: string;
}

/** Whether it happened before `until`. */
export function isSettled({ until }: Batch, at: string): boolean {
  return Date.parse(at) <= Date.parse(until);
}

/** The agent's open pull requests of a repository. */
export function agentsPulls({ identities }: Batch, { pulls }: Survey): SurveyedPull[] {
  return pulls.filter(({ authorId }) => authorId === identities.agentId);
}

/** The agent as payloads name it. */
export function agentOf({ identities }: Batch): { id: number; login: string; type: string } {
  return { id: identities.agentId, login: identities.agent, type: "User" };
}
