import * as z from "zod/mini";
import type { AgentWait } from "../inbox/readiness.js";
import { agentWaitSchema, drainSchema, parseInput } from "../model/flow-input.js";
import { resumeTask } from "../tasks/resuming.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({ drain: drainSchema, wait: agentWaitSchema });
const store = new TaskStore();

/** Resumes the paused task of an inbox. */
export async function handler(input: unknown): Promise<{ waitSeconds: number; wait: AgentWait }> {
  const { drain, wait } = parseInput(inputSchema, input);
  return resumeTask(store, drain, wait);
}
