import * as z from "zod/mini";
import { Inbox } from "../inbox/inbox.js";
import { TransientError } from "../model/errors.js";
import { drainSchema, parseInput } from "../model/flow-input.js";

const inputSchema = z.object({ drain: drainSchema });

/** `closed`: nothing waits, and the drain has ended; `superseded`: another drain has taken over. */
export interface Contents {
  outcome: "waiting" | "closed" | "superseded";
}

/** Looks for what waits. Where nothing does, the drain ends here, unless something is put at that moment. */
export async function handler(input: unknown): Promise<Contents> {
  const { drain } = parseInput(inputSchema, input);
  const inbox = new Inbox(drain);
  for (let attempt = 0; attempt < 10; attempt++) {
    const { generation, puts, batch } = await inbox.state();
    if (generation !== drain.generation) return { outcome: "superseded" };
    if (batch || (await inbox.hasWaiting())) return { outcome: "waiting" };
    if (await inbox.close(generation, puts)) return { outcome: "closed" };
  }
  throw new TransientError("The inbox changes too fast to be looked into. It is retried.");
}
