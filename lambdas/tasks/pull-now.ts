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

/** A pull request that the agent was given, as GitHub shows it now. */
export interface PullNow {
  /** Whether it is open and the agent is asked to do this with it; `undefined` if GitHub doesn't say. */
  isWanted: boolean | undefined;
  /** For people: why the agent can't do it, and what to do; "" if it can. */
  objection: string;
}

/** While GitHub shows only the state before the event, it is asked again, for some seconds. */
export async function pullNow(octokit: Octokit, event: IssueEvent): Promise<PullNow> {
  const { repository, issue, at } = event;
  const agent = await agentId(octokit);
  const pull = await readWhileStale(
    (now) => !now || (!judgePull(now, agent, event).isWanted && Date.parse(now.updatedAt) < Date.parse(at)),
    () => readGivenPull(octokit, repository, issue.number),
  );
  return pull ? judgePull(pull, agent, event) : { isWanted: undefined, objection: "" };
}

/** What a pull request says about an event; `agent` is the id of the agent's account. */
export function judgePull(
  pull: GivenPull,
  agent: number,
  { type, issue }: Pick<IssueEvent, "type" | "issue">,
): PullNow {
  const ask = askOf(pull, agent);
  // The end of a task is refuted by either request, a request only by its opposite.
  const isAsked = type === "task_closed" ? ask !== undefined : ask === issue.ask;
  return { isWanted: pull.isOpen && isAsked, objection: objectionTo(pull, agent, issue) };
}

function objectionTo(pull: GivenPull, agent: number, issue: Issue): string {
  if (pull.author === agent) {
    return "The agent has opened this pull request itself, so it gets what is said here without being assigned. Say in a comment or a review what it should do.";
  }
  if (issue.isClosed && !pull.isOpen) {
    return pull.isMerged
      ? "This pull request is merged. Open an issue, or another pull request, for what is left to do, and give that to the agent."
      : "This pull request is closed. Reopen it: then the agent starts.";
  }
  if (issue.ask === "review" || pull.fork === undefined || pull.isOpenToMaintainers) return "";
  const where = pull.fork === "" ? "a fork that is gone" : `the fork ${pull.fork}`;
  return `The branch of this pull request is in ${where}, and its author does not let maintainers edit it, so the agent cannot push to it. Ask the author to select "Allow edits by maintainers". ${howToAskAgain({ issue })} then. Or request the agent's review instead, which needs no push.`;
}

/** The issue whose task takes up what the agent is given; `undefined` also if it has a task of its own already. */
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

/** The number of an issue with a task that a pull request closes: that task takes the pull request up. `undefined` if there is none. */
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
