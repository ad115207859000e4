import { connectCoder } from "../coder/connect.js";
import type { TaskKey, TaskLocation } from "../model/record.js";
import { howToStartAnew } from "../model/work.js";
import { sayAsDrain } from "../status/drain-status.js";
import type { Records } from "../status/status-comment.js";
import { Inbox } from "./inbox.js";
import type { Drain } from "./meta.js";

/** `alive`: a newer assignment has a task after all, to which the next drain sends. */
export interface Keeping {
  outcome: "kept" | "alive";
}

/**
 * If a task is gone, keeps its inputs for one day, for a new task of the same work, and says so in the status comment.
 * `reason` is why the task is gone, if known.
 */
export async function keepForNewTask(store: Records, drain: Drain, reason = ""): Promise<Keeping> {
  const inbox = new Inbox(drain);
  const record = await store.get(drain);
  // Another assignment may have created or resumed a task since this one was found to be gone.
  const isAlive = record?.task !== undefined && record.wanted === true && (await isThere(record.task, drain));
  const kept = isAlive ? 0 : await inbox.keepForADay();
  // From here on, a wake-up starts a new drain.
  await inbox.meta.replaceDrain(drain.generation);
  if (isAlive) return { outcome: "alive" };
  if (kept > 0 && record?.source && record.wanted) {
    const why = reason || "it was deleted in Coder.";
    await sayAsDrain(store, record, drain, {
      state: "failed",
      detail: `The task is gone: ${why} Comments since then are kept for a day, for a new task. ${howToStartAnew(record.source)}`,
    });
  }
  return { outcome: "kept" };
}

async function isThere(location: TaskLocation, key: TaskKey): Promise<boolean> {
  const task = await (await connectCoder()).backendOf(location).find(location, key);
  return task !== undefined && task.view.phase !== "gone";
}
