import { TransientError } from "../errors.js";
import type { IssueEvent, WorkEvent } from "../events/event.js";
import { type TaskKey, type TaskRecord, taskKey, type WorkSource } from "./record.js";
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
    // Most issues are new: then the first write is all there is to do.
    const known = attempt === 0 ? undefined : await store.get(key);
    if (known?.intent !== undefined && known.intentDelivery === event.delivery) {
      return { proceed: true, intent: known.intent, key };
    }
    const isDoubtful = known && isAboutIssue(event) && contradicts(known, event, wanted);
    if (isDoubtful && !isFinal(event) && (await ask(event)) === !wanted) {
      return { proceed: false, intent: known.intent ?? 0, key };
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

function contradicts({ wanted, intentAt }: TaskRecord, event: IssueEvent, isWanted: boolean): boolean {
  return wanted === !isWanted && intentAt !== undefined && Date.parse(event.at) <= Date.parse(intentAt);
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
