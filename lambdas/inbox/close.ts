import { TransientError } from "../model/errors.js";
import type { Inbox } from "./inbox.js";

/** `closed`: nothing waits, and the drain has ended; `superseded`: another drain has taken over. */
export type InboxContents = "waiting" | "closed" | "superseded";

/** Ends a drain if nothing waits for it, unless something is put at that moment. */
export async function closeInbox(inbox: Inbox, generation: number): Promise<InboxContents> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const { generation: current, puts, batch } = await inbox.state();
    if (current !== generation) return "superseded";
    if (batch || (await inbox.hasWaiting())) return "waiting";
    if (await inbox.close(generation, puts)) return "closed";
  }
  throw new TransientError("The inbox changes too fast to be closed. It is retried.");
}
