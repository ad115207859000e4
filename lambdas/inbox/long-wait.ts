import { sayAsDrain } from "../status/drain-status.js";
import type { Records } from "../status/status-comment.js";
import { Inbox } from "./inbox.js";
import type { Drain } from "./meta.js";

/** Says in the status comment that the agent has taken no message for a day, and keeps the inputs for longer. */
export async function announceLongWait(store: Records, drain: Drain): Promise<void> {
  const kept = await new Inbox(drain).keepOn();
  const record = await store.get(drain);
  const state = record?.status?.state;
  if (kept === 0 || !record?.wanted) return;
  if (state !== "created" && state !== "running" && state !== "waiting") return;
  const what = kept === 1 ? "A message waits" : `${kept} messages wait`;
  await sayAsDrain(store, record, drain, {
    ...record.status,
    state: state === "waiting" ? "running" : state,
    detail: `The agent has not been free to take a message for more than a day. ${what} for it, and will be sent as soon as it is. If it hangs, restart it in Coder.`,
  });
}
