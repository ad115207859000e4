import * as z from "zod/mini";
import { reconcile } from "../healing/reconcile.js";
import type { Reconciliation } from "../healing/sweep.js";
import { parseInput } from "../model/flow-input.js";

const inputSchema = z.object({
  /** Only reports what would be started. */
  dryRun: z._default(z.boolean(), false),
  /** Younger events are skipped: their webhook may still be in flight. */
  minimumAgeSeconds: z._default(z.int().check(z.nonnegative()), 600),
});

/** Starts flows for events that GitHub shows but the relay has missed. */
export async function handler(input: unknown): Promise<Reconciliation> {
  return reconcile(parseInput(inputSchema, input));
}
