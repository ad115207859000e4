import { setTimeout as sleep } from "node:timers/promises";
import type { Terminal } from "../frame/terminal.js";

/** The terminal and the duration for a command that waits. */
export interface Waiting {
  terminal: Terminal;
  /** Milliseconds until every Lambda has read a new secret and no call with the old one is in progress. */
  waitMs: number;
}

/** Waits until no Lambda uses the old value of a secret. */
export async function untilRead({ terminal, waitMs }: Waiting, why: string): Promise<void> {
  const until = new Date(Date.now() + waitMs).toTimeString().slice(0, 8);
  await terminal.during(`Waiting until ${until}: ${why}`, sleep(waitMs));
}
