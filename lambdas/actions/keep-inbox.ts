import * as z from "zod/mini";
import { connectCoder } from "../coder/connect.js";
import { connectGitHub } from "../github/app.js";
import { Inbox } from "../inbox/inbox.js";
import { drainSchema, parseInput } from "../model/flow-input.js";
import type { TaskKey, TaskLocation } from "../model/record.js";
import { howToStartAnew } from "../model/work.js";
import { StatusComment } from "../status/status-comment.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({
  drain: drainSchema,
  /** Why the task is gone, where that is known. */
  reason: z.optional(z.string()),
});
const store = new TaskStore();

/** `alive`: there is a task after all, of a newer assignment; it is told by a new drain. */
export interface Keeping {
  outcome: "kept" | "alive";
}

/** There is no task to tell it to: what waits is kept for a day, for a new task of the same issue. */
export async function handler(input: unknown): Promise<Keeping> {
  const { drain, reason } = parseInput(inputSchema, input);
  const inbox = new Inbox(drain);
  const record = await store.get(drain);
  // The look that found it gone may be older than an assignment that has made or woken one.
  const isAlive = record?.task !== undefined && record.wanted === true && (await isThere(record.task, drain));
  const kept = isAlive ? 0 : await inbox.keepForADay();
  // From here on a wake-up starts a drain of its own.
  await inbox.replaceDrain(drain.generation);
  if (isAlive) return { outcome: "alive" };

  if (kept > 0 && record?.source && record.wanted) {
    const app = await connectGitHub();
    const comment = new StatusComment(store, app, record.source, `drain-${drain.generation}`);
    await comment.say(
      {
        state: "failed",
        detail: `The task is gone: ${reason || "it was deleted in Coder."} What was said since is kept for a day, and told to a new task. ${howToStartAnew(record.source)}`,
      },
      { expression: "#intent = :holder", values: { holder: record.intent } },
    );
  }
  return { outcome: "kept" };
}

async function isThere(location: TaskLocation, key: TaskKey): Promise<boolean> {
  const task = await (await connectCoder()).backendOf(location).find(location, key);
  return task !== undefined && task.view.phase !== "gone";
}
