import { type IssueEvent, type PullChanged, type PullsMoved, pullActions } from "../model/event.js";
import { filesAtOnce } from "../text/limits.js";
import { type Classification, type CommonFields, type Identities, isAgent } from "./classification.js";
import { pullRequestSchema } from "./config-payloads.js";
import { classifyGiven } from "./given-pulls.js";
import { parsePayload } from "./parse-payload.js";

/** Actions after which a pull request may have a different head commit or base than the relay knows. */
const movingActions = ["opened", "reopened", "synchronize", "ready_for_review"];

/**
 * Reasons for which a merge queue removes a pull request and its agent has to act. A conflict with its base branch is found
 * when that branch gets commits, and one with another pull request of the queue only matters if that is merged.
 */
const failedInQueue = ["CI_FAILURE", "CI_TIMEOUT"];

/** Actions that give the agent a pull request or take it away. */
const givingActions = ["assigned", "unassigned", "review_requested", "review_request_removed"];

/**
 * The new head commit of any pull request, forks included, may change the config. If the agent works on the pull request, a
 * new head or base may also cause a conflict. If the pull request is the agent's own, its task has to know how it ends. If
 * it is somebody else's, it may be given to the agent, and the task of an issue may have taken it up.
 */
export function classifyPull(
  action: string,
  payload: unknown,
  common: CommonFields,
  identities: Identities,
): Classification {
  const { pull_request: pull, changes, reason } = parsePayload(pullRequestSchema, payload);
  const { number, html_url: url, updated_at: at, head } = pull;
  const isAgents = isAgent(pull.user, identities);
  const given = (): ReturnType<typeof classifyGiven> => classifyGiven(action, payload, common, identities);
  if (givingActions.includes(action)) return given();
  const isMoved = movingActions.includes(action) || changes?.base != null;
  const others: (IssueEvent | PullChanged | PullsMoved)[] = [];
  const change = pullActions.find((known) => known === action);
  // An edit of the text or the base can change which issue it is for.
  const isForTask = action !== "edited" || isMoved || (changes?.title ?? changes?.body) != null;
  const isWorkedOn = isAgents || pull.assignees.some((assignee) => isAgent(assignee, identities));
  // If the agent has already submitted its review, only the table knows, which is read when the pull request is closed.
  if ((isWorkedOn || action === "closed") && change && isForTask) {
    const subject = { kind: "pull", number, url } as const;
    others.push({ ...common, type: "pull_changed", at, action: change, subject });
  }
  if (action === "dequeued") {
    const baseBranch = pull.base?.ref;
    if (!isWorkedOn || !baseBranch || !reason || !failedInQueue.includes(reason))
      return { skipped: `dequeued: ${reason} does not concern the agent` };
    const dequeued = { number, url, headSha: head.sha, baseBranch };
    return { event: { ...common, type: "pull_dequeued", at, reason, pull: dequeued } };
  }
  if (action === "closed" && !isAgents) return { ...given(), others };
  if (isWorkedOn && isMoved) others.push({ ...common, type: "pulls_moved", at, moved: { pull: number } });
  const again = action === "reopened" && !isAgents ? given() : undefined;
  if (again && "event" in again) others.push(again.event);
  if (isMoved) {
    const isLarge = (pull.changed_files ?? 0) > filesAtOnce;
    const onto = isLarge && pull.base?.ref ? { onto: pull.base.ref } : {};
    const proposed = { number, headSha: head.sha, ...onto };
    return { others, event: { ...common, type: "config_proposed", at, pull: proposed } };
  }
  const event = others.pop();
  if (event) return { event };
  return { skipped: isAgents ? "the edit did not change the text" : "the pull request is not the agent's" };
}
