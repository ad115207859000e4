import { drainName, startExecution } from "../aws/start-execution.js";
import { TransientError } from "../model/errors.js";
import { isCreated, type TaskKey, type TaskRecord } from "../model/record.js";
import { Inbox } from "./inbox.js";
import { type InboxMeta, mayWait } from "./meta.js";

/** The ARN of the state machine `drain-inbox`, and the store of the task records. */
export interface DrainStarter {
  drainFlow: string;
  store: { get(key: TaskKey): Promise<TaskRecord | undefined> };
}

/** What a wake-up changes first, and what its caller already knows. */
export interface WakeUp {
  /** The generation of the drain that hands the rest of the inbox to the next one. */
  from?: number | undefined;
  /** Whether to reset the count of messages about failed runs: the agent is new, or somebody just asked it to work. */
  resetsRounds?: boolean | undefined;
  /** The `meta` that a put returned. */
  meta?: InboxMeta | undefined;
  /** Whether the work had a task before the put. If not, the record is read, because one may have been created since. */
  hasTask?: boolean | undefined;
}

/**
 * Ensures that a drain runs if something may wait for a task. Only one runs at a time: its name contains the generation of
 * the inbox, and Step Functions doesn't start a name twice. If the name is closed although its generation is current, that
 * drain has failed, and the next generation takes over. A drain that waits for the comments of a review is replaced once
 * they are all stored. Resolves to the drain's name, or to "". Reads at most two items, however much waits.
 */
export async function wakeDrain(
  { drainFlow, store }: DrainStarter,
  key: TaskKey,
  { from, resetsRounds, meta: known, hasTask = false }: WakeUp = {},
): Promise<string> {
  const inbox = new Inbox(key);
  if (from !== undefined) await inbox.meta.replaceDrain(from);
  let meta = known ?? (await inbox.meta.read());
  if (resetsRounds && meta.failureRounds) await inbox.meta.resetRounds();
  // The run that creates a task wakes its first drain.
  if (!mayWait(meta) || !(hasTask || isCreated(await store.get(key)))) return "";

  for (let attempt = 0; attempt < 10; attempt++) {
    const isComplete = meta.held !== undefined && meta.missing === undefined;
    if (!isComplete) {
      const name = drainName(key, meta.generation);
      const start = await startExecution(drainFlow, name, { drain: { ...key, generation: meta.generation } });
      if (start !== "closed") return name;
      await inbox.meta.replaceDrain(meta.generation);
    } else {
      await inbox.meta.releaseHeld(meta);
    }
    meta = await inbox.meta.read();
    if (!mayWait(meta)) return "";
  }
  throw new TransientError("No drain could be started: each one ended at once. It is retried.");
}
