import { randomBytes } from "node:crypto";
import * as z from "zod/mini";
import { startExecution } from "../aws/start-execution.js";
import { connectCoder } from "../coder/connect.js";
import { parseInput, taskKeySchema } from "../model/flow-input.js";
import { followEnvironment } from "../runtime/environment.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({ key: taskKeySchema });
const { FOLLOW_TASK_FLOW_ARN: followFlow } = followEnvironment();
const store = new TaskStore();

/**
 * Lets somebody look on while an agent works, where Coder tells of its work. One run looks on for a task at a
 * time: the record names it, and one that is named no more ends with its next look. So a repeated start does no
 * harm, and no start is lost because an older run is about to end.
 */
export async function handler(input: unknown): Promise<{ follower: string }> {
  const { key } = parseInput(inputSchema, input);
  const record = await store.get(key);
  const { intent, task, wanted, source } = record ?? {};
  if (intent === undefined || task?.id === undefined || wanted === false) return { follower: "" };
  // Of work without an issue nobody hears unless it fails: that is looked for whatever else Coder tells.
  const isUnwatched = source !== undefined && !("issue" in source);
  if (!isUnwatched && !(await connectCoder()).backendOf(task).reportsProgress) return { follower: "" };

  const follower = randomBytes(6).toString("hex");
  if (!(await store.updateAs(intent, key, { follower }))) return { follower: "" };
  const name = `${task.name}-${key.repositoryId}-${follower}`;
  await startExecution(followFlow, name, { follow: { ...key, intent, follower } });
  return { follower: name };
}
