import { TransientError } from "../model/errors.js";
import type { IssueEvent, WorkEvent } from "../model/event.js";
import { type TaskKey, type TaskRecord, taskKey, type WorkSource } from "../model/record.js";
import type { TaskStore } from "./store.js";

/**
 * Whether the issue is open and the agent among its assignees, by GitHub's own word of now; `undefined` where it
 * does not say: then the event that comes last holds.
 */
export type AskGitHub = (event: IssueEvent) => Promise<boolean | undefined>;

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
    if (isAboutIssue(event) && !isFinal(event) && isDoubtful(known, event, wanted)) {
      // A delivery may be replayed when no record knows of it any more: what starts a task needs GitHub's own word.
      const isWanted = await ask(event);
      const isRefuted = known?.intent === undefined && wanted ? isWanted !== true : isWanted === !wanted;
      if (isRefuted) return { proceed: false, intent: known?.intent ?? 0, key };
    }
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
      },
      known?.intent !== undefined
        ? { expression: "#intent = :known", values: { known: known.intent } }
        : { expression: "attribute_not_exists(#intent)" },
    );
    if (claimed) return { proceed: true, intent, key };
  }
  throw new TransientError("The work is being claimed by too many events at once. It is retried.");
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
