import type { WorkEvent } from "../model/event.js";
import type { Plan } from "../model/plan.js";
import { type TaskKey, taskKey } from "../model/record.js";
import { registerIntent } from "./intent.js";
import { planTask } from "./planning.js";
import type { TaskStore } from "./store.js";

export interface Claim {
  /**
   * `claimed`: the flow may proceed. `overtaken`: a newer event is known, or GitHub says the opposite. `refused`: the
   * person may not request work, or the repository's config has faults. `nothing`: the flow ends silently, because the
   * account is not served or the config does not ask for this work. `joined`: the task of other work takes it up, or has
   * done so until now.
   */
  outcome: "claimed" | "joined" | "overtaken" | "refused" | "nothing";
  /** The fencing token of the flow; `null` if the event is not registered. */
  intent: number | null;
  /** The key of the record and the inbox that the flow acts on. */
  key: TaskKey;
  /** Why the work was refused, for people. */
  reason: string;
  /** What to create the task from; `null` if the flow creates none. */
  plan: Plan | null;
}

/** Registers `event` as the newest one about its work. If it starts work, its task is planned at the same time. */
export async function claimWork(store: TaskStore, event: WorkEvent): Promise<Claim> {
  const [registering, planning] = await Promise.allSettled([
    registerIntent(store, event),
    event.type === "task_closed" ? null : planTask(event),
  ]);
  const { outcome, intent, reason, joined } = outcomeOf(registering);
  const claim = { outcome, intent, key: taskKey(event), reason, plan: null };
  if (outcome === "claimed" && joined !== undefined) {
    return { ...claim, outcome: "joined", key: { ...claim.key, work: joined } };
  }
  // The plan of an event that is not registered doesn't matter, nor does its failure.
  const plan = outcome === "claimed" ? outcomeOf(planning) : null;
  switch (plan?.outcome) {
    case "planned":
      return { ...claim, plan };
    case "faulty":
      return { ...claim, outcome: "refused", reason: plan.detail };
    case "nothing":
      return { ...claim, outcome: "nothing" };
    default:
      return claim;
  }
}

function outcomeOf<T>(settled: PromiseSettledResult<T>): T {
  if (settled.status === "rejected") throw settled.reason;
  return settled.value;
}
