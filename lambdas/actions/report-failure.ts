import * as z from "zod/mini";
import type { Condition } from "../aws/table.js";
import { connectGitHub } from "../github/app.js";
import { type WorkEvent, workEventSchema } from "../model/event.js";
import { drainSchema, parseInput } from "../model/flow-input.js";
import type { TaskKey, WorkSource } from "../model/record.js";
import { log } from "../runtime/log.js";
import { failureWords } from "../status/audience.js";
import { messageOf } from "../status/cause.js";
import { StatusComment } from "../status/status-comment.js";
import { TaskStore } from "../tasks/store.js";

/**
 * EventBridge's `Step Functions Execution Status Change`.
 * https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 */
const statusChangeSchema = z.object({
  detail: z.object({
    name: z.string(),
    status: z.string(),
    /** Left out by EventBridge where it is too long. */
    input: z.nullish(z.string()),
    error: z.nullish(z.string()),
    cause: z.nullish(z.string()),
  }),
});

/** What runs are started with. One about a comment or a CI run tells no issue: it is left to the operators. */
const runInputSchema = z.union([
  z.object({ event: workEventSchema }),
  z.object({ drain: drainSchema }),
  z.object({}),
]);

const store = new TaskStore();

/** Tells the issue, or the tracking issue, that a flow has failed; operators hear of it from the failure topic. */
export async function handler(change: unknown): Promise<void> {
  const { name, status, input, error, cause } = parseInput(statusChangeSchema, change).detail;
  log.error("A flow has failed", { execution: name, status, error });
  if (!input) return;
  const place = await placeOf(parseInput(runInputSchema, JSON.parse(input)));
  if (!place) return;

  const reason = cause
    ? failureWords({ name: error, message: messageOf(cause) }, place.source.repository)
    : place.reasons[status];
  const comment = new StatusComment(store, await connectGitHub(), place.source, name);
  await comment.say(
    {
      state: "failed",
      detail: [
        reason || `The run ended as ${status}.`,
        "An operator can redrive the run once the cause is gone.",
      ].join("\n"),
      reference: name,
    },
    place.condition,
  );
}

/** Why a run ended, where Step Functions gives no cause. */
const reasons: Readonly<Record<string, string>> = { ABORTED: "An operator has stopped this run." };

interface Place {
  source: WorkSource;
  condition: Condition;
  reasons: Readonly<Record<string, string>>;
}

/** Where to say it, and when: not over the head of a newer event that goes well. */
async function placeOf(input: z.output<typeof runInputSchema>): Promise<Place | undefined> {
  if ("event" in input) return { source: input.event, condition: notOvertaken(input.event), reasons };
  if ("drain" in input) return placeOfDrain(input.drain);
  return undefined;
}

function notOvertaken({ delivery, at }: WorkEvent): Condition {
  return {
    expression:
      "attribute_not_exists(#intent) OR #intentDelivery = :delivery OR (#wanted = :no AND #intentAt < :at)",
    values: { delivery, no: false, at },
  };
}

async function placeOfDrain(key: TaskKey): Promise<Place | undefined> {
  const record = await store.get(key);
  if (!record?.source || !record.wanted) return undefined;
  const condition = { expression: "#intent = :holder", values: { holder: record.intent } };
  const timedOut = "What waits for the agent could not be sent for two days. It is kept.";
  return { source: record.source, condition, reasons: { ...reasons, TIMED_OUT: timedOut } };
}
