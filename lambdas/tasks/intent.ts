import type { Condition } from "../aws/table.js";
import { TransientError } from "../model/errors.js";
import type { IssueEvent, WorkEvent } from "../model/event.js";
import { type TaskKey, type TaskRecord, taskKey, type WorkSource } from "../model/record.js";
import type { TaskStore } from "./store.js";

/** What GitHub says now about the issue of an event. */
export interface AskGitHub {
  /** Whether it is open and the agent among its assignees; `undefined` if GitHub does not say: the last event holds. */
  isWanted(event: IssueEvent): Promise<boolean | undefined>;
  /** The id of the status comment that it has. */
  findStatusComment(event: IssueEvent): Promise<number | undefined>;
}

/** `intent` is the fencing token of the flow that may proceed, `key` whose record and inbox it acts on. */
export interface Claim {
  proceed: boolean;
  intent: number;
  key: TaskKey;
}

/**
 * Registers `event` as the newest word on its work. Deliveries come late, twice and out of order: where a
 * record of the opposite word is not clearly older (GitHub's times have a resolution of one second), GitHub is
 * asked which of the two holds. Idempotent by delivery.
 */
export async function claimWork(store: TaskStore, event: WorkEvent, ask: AskGitHub): Promise<Claim> {
  const key = taskKey(event);
  const wanted = event.type !== "task_closed";
  for (let attempt = 0; attempt < 10; attempt++) {
    const known = await store.get(key);
    if (known?.intent !== undefined && known.intentDelivery === event.delivery) {
      return { proceed: true, intent: known.intent, key };
    }
    const [isRefuted, comment] = isAboutIssue(event)
      ? await Promise.all([isRefutedBy(ask, known, event, wanted), searchComment(ask, known, event, wanted)])
      : [false, {}];
    if (isRefuted) return { proceed: false, intent: known?.intent ?? 0, key };
    const intent = (known?.intent ?? 0) + 1;
    const claimed = await store.update(
      key,
      {
        intent,
        wanted,
        intentDelivery: event.delivery,
        intentAt: event.at,
        source: sourceOf(event),
        endReason: event.type === "task_closed" ? event.reason : undefined,
        ...comment,
      },
      unchangedSince(known, comment),
    );
    if (claimed) return { proceed: true, intent, key };
  }
  throw new TransientError("The work is being claimed by too many events at once. It is retried.");
}

async function isRefutedBy(
  ask: AskGitHub,
  known: TaskRecord | undefined,
  event: IssueEvent,
  wanted: boolean,
): Promise<boolean> {
  if (isFinal(event) || !isDoubtful(known, event, wanted)) return false;
  const isWanted = await ask.isWanted(event);
  // A delivery may be replayed when no record knows of it any more: what starts a task needs GitHub's own word.
  return known?.intent === undefined && wanted ? isWanted !== true : isWanted === !wanted;
}

type KnownComment = Pick<TaskRecord, "commentId" | "commentSearched">;

/**
 * Searches for the status comment of an earlier record that was lost, beside the other question to GitHub: so the first
 * status need not wait for it. If the search fails, the first status searches again.
 */
async function searchComment(
  ask: AskGitHub,
  known: TaskRecord | undefined,
  event: IssueEvent,
  wanted: boolean,
): Promise<KnownComment> {
  const isKnown = known?.commentId ?? known?.commentLock ?? known?.commentSearched;
  if (!wanted || isKnown !== undefined || event.issue.comments === 0) return {};
  try {
    const commentId = await ask.findStatusComment(event);
    return commentId === undefined ? { commentSearched: true } : { commentId };
  } catch {
    return {};
  }
}

/** That nobody has claimed the work meanwhile, nor made a status comment if one was found. */
function unchangedSince(known: TaskRecord | undefined, { commentId }: KnownComment): Condition {
  const intent =
    known?.intent !== undefined
      ? { expression: "#intent = :known", values: { known: known.intent } }
      : { expression: "attribute_not_exists(#intent)" };
  if (commentId === undefined) return intent;
  const uncommented = "attribute_not_exists(#commentId) AND attribute_not_exists(#commentLock)";
  return { ...intent, expression: `${intent.expression} AND ${uncommented}` };
}

/**
 * Whether GitHub has to be asked: always before work begins; before it ends, if there is no record of work that the
 * agent is said to do, or one of the opposite word that is not clearly older.
 */
function isDoubtful(known: TaskRecord | undefined, event: IssueEvent, isWanted: boolean): boolean {
  if (isWanted) return true;
  if (known?.intent === undefined) return event.type === "task_closed" && event.agentAssigned;
  const { wanted, intentAt } = known;
  return wanted === true && intentAt !== undefined && Date.parse(event.at) <= Date.parse(intentAt);
}

function isAboutIssue(event: WorkEvent): event is IssueEvent {
  return "issue" in event;
}

function sourceOf(event: WorkEvent): WorkSource {
  const { installation, repository } = event;
  if ("issue" in event) return { installation, repository, issue: event.issue };
  return "job" in event
    ? { installation, repository, job: event.job }
    : { installation, repository, run: event.run };
}

/** An issue that was deleted or moved away does not come back. */
function isFinal(event: IssueEvent): boolean {
  return event.type === "task_closed" && (event.reason === "deleted" || event.reason === "transferred");
}
