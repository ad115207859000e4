import * as z from "zod/mini";
import { drainSchema, parseInput } from "./flow-input.js";
import { connectGitHub } from "./github/app.js";
import { Inbox } from "./inbox/inbox.js";
import { StatusComment } from "./status-comment/status-comment.js";
import { TaskStore } from "./tasks/store.js";

const inputSchema = z.object({
  drain: drainSchema,
  /** Why the task is gone, where that is known. */
  reason: z.optional(z.string()),
});
const store = new TaskStore();

/** There is no task to tell it to: what waits is kept for a day, for a new task of the same issue. */
export async function handler(input: unknown): Promise<{ kept: number }> {
  const { drain, reason } = parseInput(inputSchema, input);
  const inbox = new Inbox(drain);
  const kept = await inbox.keepForADay();
  // From here on a new task's wake-up starts a drain of its own.
  await inbox.replaceDrain(drain.generation);
  const record = await store.get(drain);
  if (kept > 0 && record?.source && record.wanted) {
    const app = await connectGitHub();
    const comment = new StatusComment(store, app, record.source, `drain-${drain.generation}`);
    await comment.say(
      {
        state: "failed",
        detail: `The task is gone: ${reason || "it was deleted in Coder."} What was said since is kept for a day. Unassign the agent and assign it again: a new task will be told.`,
      },
      { expression: "#intent = :holder", values: { holder: record.intent } },
    );
  }
  return { kept };
}
