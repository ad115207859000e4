import * as z from "zod/mini";
import { connectCoder } from "./coder/connect.js";
import { agentEnvironment } from "./environment.js";
import { inboxEventSchema, type Subject } from "./events/event.js";
import { isSameLogin } from "./events/login.js";
import { parseInput } from "./flow-input.js";
import { connectGitHub } from "./github/app.js";
import { type Pull, RepositoryClient } from "./github/repository.js";
import { log } from "./log.js";
import { TaskFinder } from "./tasks/finder.js";
import { TaskStore } from "./tasks/store.js";

const inputSchema = z.object({ event: inboxEventSchema });
const { AGENT_GITHUB_USERNAME: agent } = agentEnvironment();
const store = new TaskStore();

export interface Found {
  found: boolean;
  /** Whether a failed run is of a pull request of the agent's, be it of its head or not. */
  isAgents: boolean;
  /** Whose task it is: see `TaskKey`. */
  repositoryId: number;
  work: string;
  /** The issue or pull request that the event is about; of a failed run, the pull request that it is of. */
  subject: Subject | null;
}

const nothing: Found = { found: false, isAgents: false, repositoryId: 0, work: "", subject: null };

/** Which issue's task an event is for, if any. */
export async function handler(input: unknown): Promise<Found> {
  const { event } = parseInput(inputSchema, input);
  const app = await connectGitHub();
  const repository = new RepositoryClient(app.installation(event.installation), event.repository);
  const finder = new TaskFinder(store, repository, connectCoder);

  if (event.type !== "check_failed") {
    const isIssue = event.subject.kind === "issue";
    const pull = isIssue ? undefined : await repository.pull(event.subject.number);
    const key = isIssue ? await finder.ofIssue(event) : pull && (await finder.ofPull(pull, event));
    return key ? { ...nothing, found: true, ...key, subject: event.subject } : nothing;
  }

  // GitHub names no pull request where the head is in a fork.
  const { run } = event;
  const candidates = run.pulls.length
    ? await Promise.all(run.pulls.map((number) => repository.pull(number)))
    : await repository.openPullsOf(run.headRepository.owner, run.branch);
  const isOfAgents = (candidate: Pull | undefined) =>
    candidate !== undefined &&
    isSameLogin(candidate.author, agent) &&
    candidate.headRepositoryId === run.headRepository.id;
  const agents = candidates.filter((candidate) => candidate?.isOpen && isOfAgents(candidate));
  const pull = agents.find((candidate) => candidate?.headSha === run.headSha);
  if (!pull) {
    // A run can outlast its pull request. What fails there is no work for a task of its own.
    const isOfClosed = (closed: Pull) => isOfAgents(closed) && closed.headSha === run.headSha;
    const isAgents =
      agents.length > 0 ||
      (await repository.closedPullsOf(run.headRepository.owner, run.branch)).some(isOfClosed);
    log.info("The run is of no head of the agent's", { run: run.id, pulls: candidates.length });
    return { ...nothing, isAgents };
  }
  const key = await finder.ofPull(pull, event);
  return key
    ? { found: true, isAgents: true, ...key, subject: { kind: "pull", number: pull.number, url: pull.url } }
    : { ...nothing, isAgents: true };
}
