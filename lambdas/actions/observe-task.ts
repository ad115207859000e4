import * as z from "zod/mini";
import { connectCoder } from "../coder/connect.js";
import { TaskBrokenError } from "../model/errors.js";
import { claimedSchema, parseInput } from "../model/flow-input.js";
import { taskKey } from "../model/record.js";
import { howToStartAnew, workReference } from "../model/work.js";
import { type Observation, observe } from "../tasks/observe.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.extend(claimedSchema, {
  wait: z.object({ seconds: z.number() }),
});

const store = new TaskStore();

/** `superseded`: a newer event has overtaken the flow that looks. */
export type Look = Omit<Observation, "phase"> & {
  phase: Observation["phase"] | "superseded";
  /** What Coder says of the work; of a task that is gone, what to do. Empty where there is nothing to say. */
  report: string;
};

/** One look at the task. Throws a `TaskBrokenError` where it has not started in spite of all graces. */
export async function handler(input: unknown): Promise<Look> {
  const { event, intent, wait } = parseInput(inputSchema, input);
  const record = await store.get(taskKey(event));
  if (record?.intent !== intent || !record.task) {
    return { phase: "superseded", waitSeconds: 0, wait, report: "" };
  }

  const backend = (await connectCoder()).backendOf(record.task);
  const task = await backend.find(record.task, taskKey(event));
  const observation = observe(task?.view ?? { phase: "gone", status: "deleted" }, wait);
  if (task && observation.phase === "broken") {
    throw new TaskBrokenError(
      `The task ${task.name} of ${workReference(event)} has not started: Coder calls it "${task.view.status}". Look at its workspace build (${task.url}), mend what is wrong, then redrive this run, or delete the task. ${howToStartAnew(event)}`,
    );
  }
  const report = task?.view.report ?? "";
  if (observation.phase !== "gone") return { ...observation, report };
  const why = report || "The task was deleted in Coder before it ran.";
  return { ...observation, report: `${why} ${howToStartAnew(event)}` };
}
