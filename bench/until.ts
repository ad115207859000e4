import { setTimeout as sleep } from "node:timers/promises";

export interface Patience {
  /** How long to wait, in milliseconds. Default: a minute. */
  ms?: number;
  /** The pause between two calls of `look`, in milliseconds. */
  pollMs?: number;
}

/** Waits until `look` finds something. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false,
  { ms = 60_000, pollMs = 5 }: Patience = {},
): Promise<T> {
  for (const end = Date.now() + ms; ; await sleep(pollMs)) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`timed out waiting until ${what}`);
  }
}
