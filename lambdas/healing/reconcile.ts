import { type Lease, withLease } from "../aws/lease.js";
import { passesByItself, TaskBusyError } from "../model/errors.js";
import { log } from "../runtime/log.js";
import { TaskStore } from "../tasks/store.js";
import { ReadOnlySweepStore, ReadOnlyTaskStore } from "./read-only.js";
import { type Reconciliation, Sweep, type SweepOptions } from "./sweep.js";
import { SweepStore } from "./sweep-state.js";

/** Lets one run work at a time. Longer than a run may take (`infra/definition/actions.ts`). */
const lease: Lease = {
  key: { pk: "healing#reconcile", sk: "lease" },
  ms: 620_000,
  of: "reconciling",
};

/**
 * Compares GitHub with what the relay knows, and starts the flows that it has missed, with the same events as if GitHub
 * had sent a webhook. A run that is out of time or requests continues in the next one.
 */
export async function reconcile(options: SweepOptions): Promise<Reconciliation> {
  if (options.dryRun) return new Sweep(new ReadOnlySweepStore(), new ReadOnlyTaskStore(), options).run();
  try {
    return await withLease(lease, () => new Sweep(new SweepStore(), new TaskStore(), options).run());
  } catch (error) {
    if (error instanceof TaskBusyError) {
      log.info("Another run is reconciling");
      return { outcome: "busy", repositories: 0, gaps: [] };
    }
    if (!passesByItself(error)) throw error;
    log.warn("Reconciling is paused", { reason: error.message });
    return { outcome: "paused", reason: error.message, repositories: 0, gaps: [] };
  }
}
