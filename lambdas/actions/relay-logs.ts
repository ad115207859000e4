import * as z from "zod/mini";
import { relayCi } from "../ci/relaying.js";
import {
  checkFailedSchema,
  checkReportedSchema,
  pullConflictedSchema,
  pullDequeuedSchema,
  subjectSchema,
} from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import type { Relayed } from "../model/relayed.js";
import { ciEnvironment } from "../runtime/environment.js";

const inputSchema = z.object({
  event: z.discriminatedUnion("type", [
    checkFailedSchema,
    checkReportedSchema,
    pullConflictedSchema,
    pullDequeuedSchema,
  ]),
  /** The pull request. A run on a branch has none. */
  subject: z.optional(subjectSchema),
  execution: z._default(z.string(), ""),
  /** When the execution was started. */
  startedAt: z._default(z.string(), ""),
});
const { CI_SETTLE_MINUTES: settleMinutes } = ciEnvironment();

/** Summarizes the failures on a commit in at most 48 KiB of text. */
export async function handler(input: unknown): Promise<Relayed> {
  const { event, subject, execution, startedAt } = parseInput(inputSchema, input);
  return relayCi({ event, pull: subject, execution, startedAt, settleMinutes });
}
