import * as z from "zod/mini";
import { type RedriveOutcome, redriveFailedRuns } from "../healing/redrive.js";
import { parseInput } from "../model/flow-input.js";

/** `early` is for operators; EventBridge Scheduler passes nothing. */
const inputSchema = z.object({ early: z._default(z.boolean(), false) });

/** Redrives the runs that failed because of an outage of GitHub, Coder or AWS. */
export async function handler(input: unknown): Promise<RedriveOutcome> {
  return redriveFailedRuns(parseInput(inputSchema, input ?? {}));
}
