import * as z from "zod/mini";
import { connectCoder } from "./coder/connect.js";
import { AgentNeverReadyError, TaskBrokenError } from "./errors.js";
import { agentWaitSchema, drainSchema, parseInput } from "./flow-input.js";
import { type AgentWait, type Observation, observeAgent } from "./tasks/observe.js";
import { TaskStore } from "./tasks/store.js";

const inputSchema = z.object({
  drain: drainSchema,
  wait: agentWaitSchema,
});

const store = new TaskStore();

/**
 * One look at the agent that a drain has something to tell. Throws a `TaskBrokenError` where its workspace does
 * not come up, an `AgentNeverReadyError` where it has worked for a day.
 */
export async function handler(input: unknown): Promise<Observation<AgentWait>> {
  const { drain, wait } = parseInput(inputSchema, input);
  const record = await store.get(drain);
  const task = record?.task && (await (await connectCoder()).backend.find(record.task));
  const { isHopeless, ...observation } = observeAgent(
    task?.view ?? { phase: "gone", status: "deleted" },
    wait,
  );
  if (!isHopeless || !task) return observation;

  if (observation.wait.broken > 0) {
    throw new TaskBrokenError(
      `The task ${task.name} does not come up: Coder calls it "${task.view.status}". Look at its workspace (${task.url}), mend what is wrong, then redrive this run. What waits for the agent is kept.`,
    );
  }
  throw new AgentNeverReadyError(
    `The agent of ${task.name} has been working for a day without listening (${task.url}). Look whether it hangs, then redrive this run. What waits for it is kept.`,
  );
}
