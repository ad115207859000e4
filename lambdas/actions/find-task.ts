import type { Octokit } from "@octokit/rest";
import * as z from "zod/mini";
import { agentId } from "../accounts/agent.js";
import { type Authorization, authorize, type TaskRepository } from "../accounts/authority.js";
import { isRepositoryServed } from "../accounts/served.js";
import { connectCoder } from "../coder/connect.js";
import { connectGitHub } from "../github/app.js";
import { type Pull, RepositoryClient } from "../github/repository.js";
import { isOutOfReach } from "../model/errors.js";
import { type CheckFailed, type InboxEvent, inboxEventSchema, type Subject } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import type { TaskKey } from "../model/record.js";
import { log } from "../runtime/log.js";
import { type Destination, TaskFinder } from "../tasks/finder.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({ event: inboxEventSchema });
const store = new TaskStore();

export interface Found {
  /**
   * `found`: there is a task, and the event may go to it. `refused`: there is one, but somebody behind the event may not
   * speak to the agent, or the repository's account is not served. `obsolete`: a failed run of a pull request of the
   * agent's, but not of its newest commit. `none`: no task.
   */
  outcome: "found" | "refused" | "obsolete" | "none";
  /** Whose task it is; `null` if there is none. */
  key: TaskKey | null;
  /** The issue or pull request that the event is about; of a failed run, its pull request. */
  subject: Subject | null;
  /** Of a refusal, for people: who may speak to the agent; empty if nobody is to be told. */
  reason: string;
}

const none: Found = { outcome: "none", key: null, subject: null, reason: "" };

/**
 * Finds the task that an event is for, and asks whether the people behind the event may speak to its agent: by their
 * permission where the task is. There is none in a repository that is out of reach by now.
 */
export async function handler(input: unknown): Promise<Found> {
  const { event } = parseInput(inputSchema, input);
  try {
    return await find(event);
  } catch (error) {
    if (!isOutOfReach(error)) throw error;
    log.warn("The event's repository is out of reach", {
      repositoryId: event.repository.id,
      error: error.name,
    });
    return none;
  }
}

async function find(event: InboxEvent): Promise<Found> {
  const app = await connectGitHub();
  const octokit = app.installation(event.installation);
  const isTrusted = async () =>
    event.type !== "comment_withdrawn" && (await authorize(app, event, event.repository)).allowed;
  const finder = new TaskFinder({ store, octokit, event, coder: connectCoder, isTrusted });
  const answer = async (found: Destination | undefined, subject: Subject): Promise<Found> => {
    if (!found) return none;
    const { repository, ...key } = found;
    const { allowed, reason } = await authorizeAt(repository);
    return { outcome: allowed ? "found" : "refused", key, subject, reason };
  };
  const authorizeAt = async (repository: TaskRepository): Promise<Authorization> => {
    // What is deleted is no word to the agent: whoever deletes it needs no permission of ours.
    if (event.type === "comment_withdrawn") return { allowed: true, reason: "" };
    if (await isRepositoryServed(octokit, event.repository)) return authorize(app, event, repository);
    log.warn("The account is not served", { event: event.type, account: event.repository.owner });
    return { allowed: false, reason: "" };
  };

  if (event.type === "check_failed") {
    const { pull, isAgents } = await pullOf(octokit, event);
    const found = pull && (await finder.ofPull(pull));
    return found && pull
      ? answer(found, { kind: "pull", number: pull.number, url: pull.url })
      : { ...none, outcome: isAgents ? "obsolete" : "none" };
  }
  if (event.subject.kind === "issue") return answer(await finder.ofIssue(event), event.subject);
  const pull = await new RepositoryClient(octokit, event.repository).pull(event.subject.number);
  // Its name may have come to another repository since.
  const isSame = pull?.repositoryId === event.repository.id;
  return answer(pull && isSame ? await finder.ofPull(pull) : undefined, event.subject);
}

/** The open pull request of the agent's whose head a run is of, and whether the run is of any of its pull requests. */
async function pullOf(octokit: Octokit, event: CheckFailed): Promise<{ pull?: Pull; isAgents: boolean }> {
  const { run } = event;
  const repository = new RepositoryClient(octokit, event.repository);
  // GitHub names no pull request where the head is in a fork, and at times those of other repositories.
  const named = await Promise.all(run.pulls.map((number) => repository.pull(number)));
  const candidates = named.some((pull) => pull?.headBranch === run.branch)
    ? named
    : await repository.openPullsOf(run.headRepository.owner, run.branch);
  const agent = await agentId(octokit);
  const isOfAgents = (candidate: Pull | undefined) =>
    candidate !== undefined &&
    candidate.repositoryId === event.repository.id &&
    candidate.authorId === agent &&
    candidate.headRepositoryId === run.headRepository.id;
  const agents = candidates.filter((candidate) => candidate?.isOpen && isOfAgents(candidate));
  const pull = agents.find((candidate) => candidate?.headSha === run.headSha);
  if (pull) return { pull, isAgents: true };
  // A run can outlast its pull request. What fails there is no work for a task of its own.
  const isOfClosed = (closed: Pull) => isOfAgents(closed) && closed.headSha === run.headSha;
  const isAgents =
    agents.length > 0 ||
    (await repository.closedPullsOf(run.headRepository.owner, run.branch)).some(isOfClosed);
  log.info("The run is of no head of the agent's", { run: run.id, pulls: candidates.length });
  return { isAgents };
}
