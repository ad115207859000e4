import type { Octokit } from "@octokit/rest";
import * as z from "zod/mini";
import { agentId } from "../accounts/agent.js";
import { authorize, type TaskRepository } from "../accounts/authority.js";
import { connectCoder } from "../coder/connect.js";
import { connectGitHub } from "../github/app.js";
import { type Pull, RepositoryClient } from "../github/repository.js";
import { isOutOfReach } from "../model/errors.js";
import { type CheckFailed, type InboxEvent, inboxEventSchema, type Subject } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import { log } from "../runtime/log.js";
import { type Destination, TaskFinder } from "../tasks/finder.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({ event: inboxEventSchema });
const store = new TaskStore();

export interface Found {
  found: boolean;
  /** Whether a failed run is of a pull request of the agent's, be it of its head or not. */
  isAgents: boolean;
  /** Whose task it is: see `TaskKey`. */
  repositoryId: number;
  work: string;
  /** Where the task is, and so where what is told to it needs rights: another repository than the event's, at times. */
  repository: TaskRepository | null;
  /** The issue or pull request that the event is about; of a failed run, the pull request that it is of. */
  subject: Subject | null;
}

const nothing: Found = {
  found: false,
  isAgents: false,
  repositoryId: 0,
  work: "",
  repository: null,
  subject: null,
};

/** Which issue's task an event is for, if any. In a repository that is out of reach by now, there is none. */
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
    return nothing;
  }
}

async function find(event: InboxEvent): Promise<Found> {
  const app = await connectGitHub();
  const octokit = app.installation(event.installation);
  const isTrusted = async () =>
    event.type !== "comment_withdrawn" && (await authorize(app, event, event.repository)).allowed;
  const finder = new TaskFinder({ store, octokit, event, coder: connectCoder, isTrusted });

  if (event.type === "check_failed") {
    const { pull, isAgents } = await pullOf(octokit, event);
    const found = pull && (await finder.ofPull(pull));
    return found && pull
      ? ofTask(found, { kind: "pull", number: pull.number, url: pull.url })
      : { ...nothing, isAgents };
  }
  if (event.subject.kind === "issue") {
    const found = await finder.ofIssue(event);
    return found ? ofTask(found, event.subject) : nothing;
  }
  const pull = await new RepositoryClient(octokit, event.repository).pull(event.subject.number);
  // Its name may have come to another repository since.
  const isSame = pull?.repositoryId === event.repository.id;
  const found = pull && isSame ? await finder.ofPull(pull) : undefined;
  return found ? ofTask(found, event.subject) : nothing;
}

function ofTask(found: Destination, subject: Subject): Found {
  return { ...found, found: true, isAgents: true, subject };
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
