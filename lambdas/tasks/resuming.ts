import { connectCoder } from "../coder/connect.js";
import type { CoderTask } from "../coder/port.js";
import type { AgentWait } from "../inbox/readiness.js";
import type { TaskKey } from "../model/record.js";
import type { TaskStore } from "./store.js";

/** Starting takes at least some seconds. */
const waitSeconds = 4;

/** Resumes the paused task of an inbox. Throws a `TaskBusyError` while it is still stopping. */
export async function resumeTask(
  store: TaskStore,
  key: TaskKey,
  wait: AgentWait,
): Promise<{ waitSeconds: number; wait: AgentWait }> {
  const record = await store.get(key);
  if (record?.task && record.wanted !== false) {
    const backend = (await connectCoder()).backendOf(record.task);
    const task = await backend.find(record.task, key);
    // Read the record again: if the task is no longer wanted, it was the relay that paused or archived it.
    if (task?.view.phase === "paused" && (await isStillWanted(store, key, task))) await backend.resume(task);
  }
  return { waitSeconds, wait: { ...wait, resumed: true } };
}

async function isStillWanted(store: TaskStore, key: TaskKey, { id }: CoderTask): Promise<boolean> {
  const record = await store.get(key);
  return record?.wanted !== false && record?.task?.id === id;
}
