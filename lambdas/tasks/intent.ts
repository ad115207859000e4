import { authorizeWork } from "../accounts/authority.js";
import type { Condition } from "../aws/table.js";
import { connectGitHub } from "../github/app.js";
import { TransientError } from "../model/errors.js";
import type { IssueEvent, WorkEvent } from "../model/event.js";
import { type TaskRecord, taskKey, type WorkSource } from "../model/record.js";
import { findStatusComment, isWantedNow } from "./issue-now.js";
import { issueToJoin, pullNow } from "./pull-now.js";
import type { TaskStore } from "./store.js";

export interface Registration {
  /**
   * `claimed`: the event is registered. `overtaken`: a newer event is known, or GitHub says the opposite. `refused`: the
   * person may not request work. `nothing`: the account is not served, so nobody there gets an answer.
   */
  outcome: "claimed" | "overtaken" | "refused" | "nothing";
  /** The fencing token of the flow; `null` if the event is not registered. */
  intent: number | null;
  /** Why the work was refused, for people. */
  reason: string;
  /** For a pull request: the issue that it closes, whose task takes it up, or has done so until now. */
  joined?: string | undefined;
}

/**
 * Registers `event` as the newest one about its work. Deliveries come late, twice and out of order. So if the record says
 * the opposite and is not clearly older (GitHub's times have a resolution of one second), GitHub is asked which of the two
 * is right. Idempotent by delivery. Only authorized events are registered. All requests to GitHub run at the same time.
 */
export async function registerIntent(store: TaskStore, event: WorkEvent): Promise<Registration> {
  const key = taskKey(event);
  const wanted = event.type !== "task_closed";
  const authorizing = authorizeWork(event);
  // Awaited below; this keeps an early failure from being an unhandled rejection.
  authorizing.catch(() => undefined);
  for (let attempt = 0; attempt < 10; attempt++) {
    const isAssumedNew = attempt === 0 && isProbablyNew(event);
    const known = isAssumedNew ? undefined : await store.get(key);
    const isRepeated = known?.intent !== undefined && known.intentDelivery === event.delivery;
    if (!isRepeated && isTold(known, event)) return { outcome: "overtaken", intent: null, reason: "" };
    const issueEvent = !isRepeated && isAboutIssue(event) ? event : undefined;
    const [{ allowed, reason }, { isRefuted, objection }, comment, joined] = await Promise.all([
      authorizing,
      issueEvent !== undefined ? doubtsAbout(known, issueEvent, wanted) : noDoubts,
      issueEvent !== undefined ? searchComment(known, issueEvent, wanted) : {},
      issueEvent !== undefined && wanted ? issueToJoin(store, known, issueEvent) : undefined,
      wanted && !isRepeated && store.noteWanted(key),
    ]);
    if (!allowed) return { outcome: reason === "" ? "nothing" : "refused", intent: null, reason };
    if (isRepeated) return { outcome: "claimed", intent: known.intent ?? null, reason, joined: known.joined };
    // Read the record first: it may say that this delivery has already been claimed.
    if (isAssumedNew && (isRefuted || objection !== "")) continue;
    if (objection !== "") return { outcome: "refused", intent: null, reason: objection };
    if (isRefuted) return { outcome: "overtaken", intent: null, reason };
    const intent = (known?.intent ?? 0) + 1;
    const intentAt = laterOf(event.at, known?.intentAt);
    const claimed = await store.update(
      key,
      {
        intent,
        wanted,
        intentDelivery: event.delivery,
        intentAt,
        source: sourceOf(event),
        ...(event.type === "task_requested" && { requester: event.sender }),
        endReason: event.type === "task_closed" ? event.reason : undefined,
        ...(wanted && { joined }),
        ...unassignedTime(known, event, intentAt),
        ...comment,
      },
      unchangedSince(known, comment),
    );
    if (claimed) return { outcome: "claimed", intent, reason, joined: wanted ? joined : known?.joined };
  }
  throw new TransientError("The work is being claimed by too many events at once. It is retried.");
}

/**
 * An issue without comments has no status comment, so it is unlikely to have a record, and none is read at first. If there
 * is one, the write fails on its condition.
 */
function isProbablyNew(event: WorkEvent): boolean {
  return event.type === "task_requested" && event.issue.comments === 0;
}

/**
 * An old delivery that is still right must not make the record's time older. Otherwise, an event between the two times would
 * override the record without GitHub being asked.
 */
function laterOf(at: string, known: string | undefined): string {
  return known !== undefined && Date.parse(known) > Date.parse(at) ? known : at;
}

/** The time in which the agent is unassigned begins or ends with this event. */
function unassignedTime(
  known: TaskRecord | undefined,
  event: WorkEvent,
  at: string,
): Pick<TaskRecord, "unassigned"> {
  const { wanted, unassigned } = known ?? {};
  if (event.type !== "task_closed") {
    return unassigned && wanted === false ? { unassigned: { to: at, ...unassigned } } : {};
  }
  return wanted && event.reason === "unassigned" ? { unassigned: { from: at } } : {};
}

/** What GitHub's current state says against an event. */
interface Doubts {
  /** The event is no longer true. */
  isRefuted: boolean;
  /** Why the agent can't do what the event asks for, for people; "" if it can. */
  objection: string;
}

const noDoubts: Doubts = { isRefuted: false, objection: "" };

async function doubtsAbout(
  known: TaskRecord | undefined,
  event: IssueEvent,
  wanted: boolean,
): Promise<Doubts> {
  if (isFinal(event) || !isDoubtful(known, event, wanted)) return noDoubts;
  const octokit = (await connectGitHub()).installation(event.installation);
  const { isWanted, objection } =
    event.issue.ask !== undefined
      ? await pullNow(octokit, event)
      : { isWanted: await isWantedNow(octokit, event, event.at), objection: "" };
  // A delivery may be replayed after its record has expired, so a new task needs GitHub's clear yes.
  const isRefuted = known?.intent === undefined && wanted ? isWanted !== true : isWanted === !wanted;
  return { isRefuted, objection: wanted ? objection : "" };
}

/**
 * Whether the task of a pull request already knows of a request, because it got the same one at the same time or later. For
 * an issue there is no need to check, because its task gets no message about another assignment.
 */
function isTold(known: TaskRecord | undefined, event: WorkEvent): boolean {
  if (event.type !== "task_requested" || event.issue.ask === undefined) return false;
  const { wanted, source, intentAt, task, joined } = known ?? {};
  const isGiven = wanted === true && (task?.id !== undefined || joined !== undefined);
  const isSame = source !== undefined && "issue" in source && source.issue.ask === event.issue.ask;
  return isGiven && isSame && intentAt !== undefined && Date.parse(event.at) <= Date.parse(intentAt);
}

type KnownComment = Pick<TaskRecord, "commentId" | "commentSearched">;

/**
 * Searches for the status comment of an earlier record that was lost. This happens at the same time as the other requests to
 * GitHub, so the first status does not wait for it. If the search fails, the first status searches again.
 */
async function searchComment(
  known: TaskRecord | undefined,
  event: IssueEvent,
  wanted: boolean,
): Promise<KnownComment> {
  const isKnown = known?.commentId ?? known?.commentLock ?? known?.commentSearched;
  if (!wanted || isKnown !== undefined || event.issue.comments === 0) return {};
  try {
    const commentId = await findStatusComment(event);
    return commentId === undefined ? { commentSearched: true } : { commentId };
  } catch {
    return {};
  }
}

/** The condition that nobody has claimed the work in the meantime or, if a status comment was found, created another. */
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
 * Whether GitHub has to be asked. Before work starts: always. Before it ends: if the agent is assigned but there is no
 * record, or if the record says the opposite and is not clearly older.
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

/** An issue that was deleted or transferred can't come back, so GitHub need not be asked. */
function isFinal(event: IssueEvent): boolean {
  return event.type === "task_closed" && (event.reason === "deleted" || event.reason === "transferred");
}
