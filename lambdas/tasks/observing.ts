import { connectCoder } from "../coder/connect.js";
import { isWorthFollowing } from "../coder/progress.js";
import { TaskBrokenError, TaskStartingError } from "../model/errors.js";
import type { WorkEvent } from "../model/event.js";
import type { TaskView } from "../model/phase.js";
import { type TaskState, taskKey } from "../model/record.js";
import { howToStartAnew, workReference } from "../model/work.js";
import type { TaskStore } from "./store.js";

export interface TaskObservation {
  /** What the status comment should say; empty if a newer event has overtaken the flow. */
  state: Extract<TaskState, "running" | "stopped" | "failed"> | "";
  /** Whether the task runs and `follow-task` should follow its agent's progress. */
  follows: boolean;
  /** Coder's report on the task. If it does not run: why, and what to do. Empty if there is nothing to say. */
  report: string;
}

/** Observes a new task. Throws a `TaskStartingError` or a `TaskBrokenError` if it does not run yet. */
export async function observeTask(
  store: TaskStore,
  { event, intent }: { event: WorkEvent; intent: number },
): Promise<TaskObservation> {
  const record = await store.get(taskKey(event));
  if (record?.intent !== intent || !record.task) return { state: "", follows: false, report: "" };

  const backend = (await connectCoder()).backendOf(record.task);
  const task = await backend.find(record.task, taskKey(event));
  const view: TaskView = task?.view ?? { phase: "gone", status: "deleted" };
  switch (view.phase) {
    case "working":
    case "ready":
      return { state: "running", follows: isWorthFollowing(backend, record), report: view.report ?? "" };
    case "paused":
      return {
        state: "stopped",
        follows: false,
        report:
          "Somebody has stopped its workspace. Start it in Coder, or unassign the agent and then assign it again.",
      };
    case "gone": {
      const why = view.report || "The task was deleted in Coder before it ran.";
      return { state: "failed", follows: false, report: `${why} ${howToStartAnew(event)}` };
    }
    case "starting":
      throw new TaskStartingError(`The task of ${workReference(event)} is starting. It is retried.`);
    case "broken":
      throw new TaskBrokenError(
        `The task ${task?.name} of ${workReference(event)} has not started: Coder shows it as "${view.status}". Check its workspace build (${task?.url}) and fix what is wrong, then redrive this run. Or delete the task. ${howToStartAnew(event)}`,
      );
  }
}
