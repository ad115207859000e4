import * as z from "zod/mini";
import { parseInput, taskKeySchema } from "../model/flow-input.js";
import { followEnvironment } from "../runtime/environment.js";
import { startFollowing } from "../tasks/following.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({ key: taskKeySchema });
const { FOLLOW_TASK_FLOW_ARN: followFlow } = followEnvironment();
const store = new TaskStore();

/** Starts a follower of the agent's turn, if following it is worth the cost. */
export async function handler(input: unknown): Promise<{ follower: string }> {
  return startFollowing(store, followFlow, parseInput(inputSchema, input).key);
}
