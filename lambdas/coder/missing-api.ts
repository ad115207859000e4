import { TransientError } from "../model/errors.js";
import type { Backend, TaskLocation } from "../model/record.js";
import type { CoderTask } from "./port.js";

const apiNames: Record<Backend, string> = { tasks: "Tasks", chats: "Chats" };

/** A task whose API the Coder server no longer has; `undefined` if Coder never confirmed its creation. */
export function unreachableTask(location: TaskLocation): CoderTask | undefined {
  const { id, backend, url = "" } = location;
  if (id === undefined) return undefined;
  const report = `The Coder server no longer has the ${apiNames[backend]} API that this task was created with, so its agent can no longer be reached.`;
  return { ...location, id, url, view: { phase: "gone", status: "without an API", report } };
}

/** The API disappeared while a task was being created. The retry uses the API that Coder has now. */
export function apiHasMoved(backend: Backend): TransientError {
  return new TransientError(
    `Coder no longer has the ${apiNames[backend]} API. The creation is retried with the API that Coder has now.`,
  );
}
