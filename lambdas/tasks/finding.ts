import { type Authorization, authorize, type TaskRepository } from "../accounts/authority.js";
import { isRepositoryServed } from "../accounts/served.js";
import { connectCoder } from "../coder/connect.js";
import { connectGitHub } from "../github/app.js";
import { type Pull, RepositoryClient } from "../github/repository.js";
import { readNamedPull } from "../github/stale-reads.js";
import { isOutOfReach } from "../model/errors.js";
import type { InboxEvent, Subject } from "../model/event.js";
import type { TaskKey } from "../model/record.js";
import { log } from "../runtime/log.js";
import { type Destination, TaskFinder } from "./finder.js";
import { pullsOfCommit } from "./pulls-of-commit.js";
import { pullsOfRun } from "./pulls-of-run.js";
import type { TaskStore } from "./store.js";
import { WorkedOn } from "./worked-on.js";

export interface Found {
  /**
   * `found`: there is a task, and it may receive the event. `refused`: there is one, but somebody behind the event may not
   * speak to the agent, or the repository's account is not served. `obsolete`: the run failed on a pull request that the
   * agent works on, but not on its newest commit. `none`: no task.
   */
  outcome: "found" | "refused" | "obsolete" | "none";
  /** The key of the task; `null` if there is none. */
  key: TaskKey | null;
  /** Whether there is a task; `false` if it is still being created. */
  hasTask: boolean;
  /** The issue or pull request that the event is about. For a failed run, its pull request. */
  subject: Subject | null;
  /** If refused: who may speak to the agent, for people. Empty if nobody should get an answer. */
  reason: string;
  /** For CI: pull requests of other tasks with the same commit, by number, one for each task. */
  others: number[];
}

const none: Found = { outcome: "none", key: null, hasTask: false, subject: null, reason: "", others: [] };

/**
 * Finds the task that an event is for, and checks whether the people behind the event may speak to its agent, by their
 * permission in the task's repository. If the event's repository is now out of reach, there is no task.
 */
export async function findTask(store: TaskStore, event: InboxEvent): Promise<Found> {
  try {
    return await find(store, event);
  } catch (error) {
    if (!isOutOfReach(error)) throw error;
    log.warn("The event's repository is out of reach", {
      repositoryId: event.repository.id,
      error: error.name,
    });
    return none;
  }
}

async function find(store: TaskStore, event: InboxEvent): Promise<Found> {
  const app = await connectGitHub();
  const octokit = app.installation(event.installation);
  // Nobody speaks to the agent through these events.
  const isSilent = event.type === "comment_withdrawn" || event.type === "pull_changed";
  const isTrusted = async () => !isSilent && (await authorize(app, event, event.repository)).allowed;
  const finder = new TaskFinder({ store, octokit, event, coder: connectCoder, isTrusted });
  const answer = async (found: Destination | undefined, subject: Subject): Promise<Found> => {
    if (!found) return none;
    const { repository, hasTask, ...key } = found;
    const { allowed, reason } = await authorizeAt(repository);
    return { ...none, outcome: allowed ? "found" : "refused", key, hasTask, subject, reason };
  };
  const authorizeAt = async (repository: TaskRepository): Promise<Authorization> => {
    // Withdrawing a comment needs no permission from the relay.
    if (event.type === "comment_withdrawn") return { allowed: true, reason: "" };
    if (await isRepositoryServed(octokit, event.repository)) {
      return isSilent ? { allowed: true, reason: "" } : authorize(app, event, repository);
    }
    log.warn("The account is not served", { event: event.type, account: event.repository.owner });
    return { allowed: false, reason: "" };
  };

  const workedOn = new WorkedOn(octokit, store);
  /** If several pull requests of a task have the commit, the first one gets the failure, so it is fixed only once. */
  const ofCi = async (pulls: readonly Pull[]): Promise<Found> => {
    const ofTasks = new Map<string, { pull: Pull; found: Destination }>();
    for (const pull of pulls) {
      const found = await finder.ofPull(pull);
      const task = `${found?.repositoryId}#${found?.work}`;
      if (found && !ofTasks.has(task)) ofTasks.set(task, { pull, found });
    }
    const [first, ...others] = ofTasks.values();
    if (!first) return none;
    const { number, url } = first.pull;
    const subject: Subject = { kind: "pull", number, url, givenSha: await workedOn.givenSha(first.pull) };
    return { ...(await answer(first.found, subject)), others: others.map(({ pull }) => pull.number) };
  };
  if (event.type === "check_failed") {
    const { pulls, isAgents } = await pullsOfRun(octokit, event, workedOn);
    const found = await ofCi(pulls);
    return found.outcome === "none" && isAgents ? { ...none, outcome: "obsolete" } : found;
  }
  if (event.type === "check_reported" || event.type === "pull_conflicted" || event.type === "pull_dequeued") {
    return ofCi(await pullsOfCommit(octokit, event, workedOn));
  }
  if (event.type !== "pull_changed" && event.subject.kind === "issue")
    return answer(await finder.ofIssue(event), event.subject);
  const pull = await readNamedPull(new RepositoryClient(octokit, event.repository), event.subject.number);
  // The name may belong to another repository now.
  const isSame = pull?.repositoryId === event.repository.id;
  return answer(pull && isSame ? await finder.ofPull(pull) : undefined, event.subject);
}
