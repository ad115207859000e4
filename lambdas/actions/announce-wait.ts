import * as z from "zod/mini";
import { connectGitHub } from "../github/app.js";
import { Inbox } from "../inbox/inbox.js";
import { drainSchema, parseInput } from "../model/flow-input.js";
import { StatusComment } from "../status/status-comment.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({ drain: drainSchema });
const store = new TaskStore();

/** The agent has not listened for a day: people hear of it, and what waits is kept for as long as it waits. */
export async function handler(input: unknown): Promise<void> {
  const { drain } = parseInput(inputSchema, input);
  const kept = await new Inbox(drain).keepOn();
  const record = await store.get(drain);
  const state = record?.status?.state;
  if (kept === 0 || !record?.source || !record.wanted) return;
  if (state !== "created" && state !== "running" && state !== "waiting") return;
  const comment = new StatusComment(store, await connectGitHub(), record.source, `drain-${drain.generation}`);
  const what = kept === 1 ? "A message waits" : `${kept} messages wait`;
  await comment.say(
    {
      ...record.status,
      state: state === "waiting" ? "running" : state,
      detail: `The agent has not been free to take a message for more than a day. ${what} for it, and will be sent as soon as it is. If it hangs, restart it in Coder.`,
    },
    { expression: "#intent = :holder", values: { holder: record.intent } },
  );
}
