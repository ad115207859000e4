import * as z from "zod/mini";
import { type Put, putIntoInbox } from "../inbox/putting.js";
import { inboxEventSchema, startingEventSchema, subjectSchema } from "../model/event.js";
import { parseInput, taskKeySchema } from "../model/flow-input.js";
import { planSchema } from "../model/plan.js";
import { relayedSchema } from "../model/relayed.js";
import { drainEnvironment, inboxEnvironment } from "../runtime/environment.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({
  event: z.discriminatedUnion("type", [inboxEventSchema, startingEventSchema]),
  key: taskKeySchema,
  /** The pull request of a CI failure, and the failure's content for the agent. */
  subject: z.optional(subjectSchema),
  relayed: z.optional(relayedSchema),
  /** The text of `relayed`, alone, in executions that an earlier version started. */
  text: z.optional(z.string()),
  /** The plan of a scheduled job or of a failing branch. */
  plan: z.nullish(planSchema),
  /** Executions that an older version started do not pass it. */
  hasTask: z.optional(z.boolean()),
});
const { MAX_CI_ROUNDS: maxRounds } = inboxEnvironment();
const { DRAIN_INBOX_FLOW_ARN: drainFlow } = drainEnvironment();
const store = new TaskStore();

/** Puts an event into the task's inbox, or withdraws a deleted comment. */
export async function handler(input: unknown): Promise<Put> {
  const { text, ...putting } = parseInput(inputSchema, input);
  const ofText =
    text === undefined ? undefined : { silence: "" as const, who: "", branch: "", text, checks: [] };
  const { relayed = ofText } = putting;
  return putIntoInbox({ ...putting, relayed }, { maxRounds, drainFlow, store });
}
