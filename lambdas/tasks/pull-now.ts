import type { Octokit } from "@octokit/rest";
import { agentId } from "../accounts/agent.js";
import { connectGitHub } from "../github/app.js";
import { askOf, type GivenPull, readGivenPull } from "../github/given-pull.js";
import { PullLinks } from "../github/pull-links.js";
import { readWhileStale } from "../github/stale-reads.js";
import { TransientError } from "../model/errors.js";
import type { Issue, IssueEvent } from "../model/event.js";
import { hasTask, issueKey, type TaskRecord } from "../model/record.js";
import { howToAskAgain } from "../model/work.js";
import type { TaskStore } from "./store.js";

/** The current state of a pull request that the agent was given. */
export interface PullNow {
  /** Whether it is open and the agent is asked to do this; `undefined` if GitHub doesn't say. */
  isWanted: boolean | undefined;
  /** Why the agent can't do it, and what to do, for people; "" if it can. */
  objection: string;
}

/** Reads the pull request. While GitHub still shows the state before the event, it is asked again for some seconds. */
export async function pullNow(octokit: Octokit, event: IssueEvent): Promise<PullNow> {
  const { repository, issue, at } = event;
  const agent = await agentId(octokit);
  const pull = await readWhileStale(
    (now) => !now || (!judgePull(now, agent, event).isWanted && Date.parse(now.updatedAt) < Date.parse(at)),
    () => readGivenPull(octokit, repository, issue.number),
  );
  return pull ? judgePull(pull, agent, event) : { isWanted: undefined, objection: "" };
}

/** Judges an event by the state of its pull request. `agent` is the id of the agent's account. */
export function judgePull(
  pull: GivenPull,
  agent: number,
  { type, issue }: Pick<IssueEvent, "type" | "issue">,
): PullNow {
  const ask = askOf(pull, agent);
  // Any remaining request speaks against ending the task. A request still counts only if GitHub shows the same one.
  const isAsked = type === "task_closed" ? ask !== undefined : ask === issue.ask;
  return { isWanted: pull.isOpen && isAsked, objection: objectionTo(pull, agent, issue) };
}

function objectionTo(pull: GivenPull, agent: number, issue: Issue): string {
  if (pull.author === agent) {
    return "The agent has opened this pull request itself, so it gets comments and reviews here without being assigned. Say in a comment or a review what it should do.";
  }
  if (issue.isClosed && !pull.isOpen) {
    return pull.isMerged
      ? "This pull request is merged. Open an issue or another pull request for what is left to do, and assign the agent there."
      : "This pull request is closed. Reopen it to start the agent.";
  }
  if (issue.ask === "review" || pull.fork === undefined || pull.isOpenToMaintainers) return "";
  const where = pull.fork === "" ? "a fork that is gone" : `the fork ${pull.fork}`;
  return `The branch of this pull request is in ${where}, and its author does not let maintainers edit it, so the agent cannot push to it. Ask the author to select "Allow edits by maintainers". ${howToAskAgain({ issue })} afterwards. Or request the agent's review instead, which needs no push.`;
}

/** The issue whose task takes up a given pull request; `undefined` if none does, or the pull request has its own task. */
export async function issueToJoin(
  store: TaskStore,
  known: TaskRecord | undefined,
  { installation, repository, issue: { ask, number, url } }: IssueEvent,
): Promise<string | undefined> {
  if (ask === undefined || known?.task !== undefined) return undefined;
  const octokit = (await connectGitHub()).installation(installation);
  return issueTakingUp(store, new PullLinks(octokit, repository), {
    repositoryId: repository.id,
    number,
    url,
  });
}

/** The issue with a task that a pull request closes, so its task takes the pull request up; `undefined` if there is none. */
export async function issueTakingUp(
  store: TaskStore,
  links: PullLinks,
  { repositoryId, number, url }: { repositoryId: number; number: number; url: string },
): Promise<string | undefined> {
  const { issues, areCertain } = await links.closingReferences(number);
  for (const closed of issues) {
    if (closed.repositoryId !== repositoryId) continue;
    const key = issueKey(repositoryId, closed.issue);
    if (hasTask(await store.get(key))) return key.work;
  }
  if (!areCertain) throw new TransientError(`GitHub did not say which issues ${url} closes. It is retried.`);
  return undefined;
}
