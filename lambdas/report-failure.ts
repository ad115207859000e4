import * as z from "zod/mini";
import { eventSchema } from "./events/event.js";
import { parseInput } from "./flow-input.js";
import { connectGitHub } from "./github/app.js";
import { log } from "./log.js";
import { StatusComment } from "./status-comment/status-comment.js";
import { messageOf } from "./tasks/cause.js";
import { TaskStore } from "./tasks/store.js";

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
const flowInputSchema = z.object({ event: eventSchema });

const store = new TaskStore();

/** Tells the issue that one of its flows has failed; operators hear of it from the failure topic. */
export async function handler(change: unknown): Promise<void> {
  const { name, status, input, error, cause } = parseInput(statusChangeSchema, change).detail;
  log.error("A flow has failed", { execution: name, status, error });
  if (!input) return;
  const { event } = parseInput(flowInputSchema, JSON.parse(input));

  const reason = status === "ABORTED" ? "An operator has stopped this run." : cause && messageOf(cause);
  const comment = new StatusComment(store, await connectGitHub(), event);
  await comment.say(
    {
      state: "failed",
      detail: [
        reason || `The run ended as ${status}.`,
        "An operator can redrive the run once the cause is gone.",
      ].join("\n"),
      reference: name,
    },
    {
      // Not over the head of a newer event that goes well.
      expression:
        "attribute_not_exists(#intent) OR #intentDelivery = :delivery OR (#wanted = :no AND #intentAt < :at)",
      values: { delivery: event.delivery, no: false, at: event.at },
    },
  );
}
