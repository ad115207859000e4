import * as z from "zod/mini";
import { reconcile } from "../healing/reconcile.js";
import type { Reconciliation } from "../healing/sweep.js";
import { parseInput } from "../model/flow-input.js";

const inputSchema = z.object({
  /** Only tells what would be started. */
  dryRun: z._default(z.boolean(), false),
  /** What is younger is left to its webhook, which may still be under way. */
  minimumAgeSeconds: z._default(z.int().check(z.nonnegative()), 600),
});

/** Starts the flows for what GitHub shows and the relay has missed. */
export async function handler(input: unknown): Promise<Reconciliation> {
  return reconcile(parseInput(inputSchema, input));
}
