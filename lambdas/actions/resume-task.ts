import * as z from "zod/mini";
import { connectCoder } from "../coder/connect.js";
import type { CoderTask } from "../coder/port.js";
import { agentWaitSchema, drainSchema, parseInput } from "../model/flow-input.js";
import type { TaskKey } from "../model/record.js";
import type { AgentWait } from "../tasks/observe.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({ drain: drainSchema, wait: agentWaitSchema });
const store = new TaskStore();

/** A start takes some seconds at the least. */
const waitSeconds = 4;

/** Starts the paused task of an inbox again. Throws a `TaskBusyError` while it is still stopping. */
export async function handler(input: unknown): Promise<{ waitSeconds: number; wait: AgentWait }> {
  const { drain, wait } = parseInput(inputSchema, input);
  const record = await store.get(drain);
  if (record?.task && record.wanted !== false) {
    const backend = (await connectCoder()).backendOf(record.task);
    const task = await backend.find(record.task, drain);
    // Asked again after the look: the relay itself pauses and archives, and only what nobody wants any more.
    if (task?.view.phase === "paused" && (await isStillWanted(drain, task))) await backend.resume(task);
  }
  return { waitSeconds, wait: { ...wait, resumed: true } };
}

async function isStillWanted(key: TaskKey, { id }: CoderTask): Promise<boolean> {
  const record = await store.get(key);
  return record?.wanted !== false && record?.task?.id === id;
}
