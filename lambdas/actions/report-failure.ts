import * as z from "zod/mini";
import { handleFailure } from "../healing/failure.js";
import { workEventSchema } from "../model/event.js";
import { drainSchema, parseInput } from "../model/flow-input.js";
import { addToLogContext } from "../runtime/log-context.js";
import { TaskStore } from "../tasks/store.js";

/**
 * EventBridge's `Step Functions Execution Status Change`.
 * https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 */
const statusChangeSchema = z.object({
  detail: z.object({
    executionArn: z.string(),
    name: z.string(),
    status: z.string(),
    /** EventBridge omits it if it is too long. */
    input: z.nullish(z.string()),
    error: z.nullish(z.string()),
    cause: z.nullish(z.string()),
    redriveCount: z._default(z.int(), 0),
  }),
});

/** The executions' inputs. A failure about a comment or a CI run is reported only to operators. */
const runInputSchema = z.union([
  z.object({ event: workEventSchema }),
  z.object({ drain: drainSchema }),
  z.object({}),
]);

const store = new TaskStore();

/** Reports a failed flow on the issue or the tracking issue. The failure topic notifies operators. */
export async function handler(change: unknown): Promise<void> {
  const { input: text, ...failed } = parseInput(statusChangeSchema, change).detail;
  const input = text ? JSON.parse(text) : undefined;
  addToLogContext({ ...input, execution: failed.name });
  await handleFailure(store, failed, input && parseInput(runInputSchema, input));
}
