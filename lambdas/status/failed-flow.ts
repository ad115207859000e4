import type { Condition } from "../aws/table.js";
import { connectGitHub } from "../github/app.js";
import type { WorkEvent } from "../model/event.js";
import type { TaskKey, WorkSource } from "../model/record.js";
import { failureText } from "./audience.js";
import { messageOf } from "./cause.js";
import { withCurrentAudience } from "./current-audience.js";
import { type Records, StatusComment } from "./status-comment.js";

/** The execution's input. If it is about a comment or a CI run, it names no work, and operators have to act. */
export type ExecutionInput = { event: WorkEvent } | { drain: TaskKey } | Record<string, never>;

/** How an execution ended, in Step Functions' terms. */
export interface FailedExecution {
  name: string;
  status: string;
  error?: string | null | undefined;
  cause?: string | null | undefined;
}

/**
 * Announces on the issue, or on the tracking issue, that a flow has failed, and whether the relay will redrive it or an
 * operator must.
 */
export async function announceFailedFlow(
  store: Records,
  { name, status, error, cause }: FailedExecution,
  input: ExecutionInput,
  isRedriven: boolean,
): Promise<void> {
  const target = await targetOf(store, input);
  if (!target) return;
  const app = await connectGitHub();
  const source = await withCurrentAudience(app, target.source);
  const reason = cause
    ? failureText({ name: error, message: messageOf(cause) }, source.repository)
    : target.reasons[status];
  const comment = new StatusComment(store, app, source, name);
  await comment.say(
    {
      state: "failed",
      detail: [reason || `The run ended as ${status}.`, isRedriven ? byRelay : byOperator].join("\n"),
      ...(isRedriven && { isRetried: true }),
      reference: name,
    },
    target.condition,
  );
}

const byRelay = "The relay will retry it by itself once the service answers.";
const byOperator = "An operator can redrive the run once the cause is fixed.";

/** Why a run ended, if Step Functions gives no cause. */
const reasons: Readonly<Record<string, string>> = { ABORTED: "An operator has stopped this run." };

/** The work whose status should show the failure, and the condition for that. */
interface Target {
  source: WorkSource;
  condition: Condition;
  reasons: Readonly<Record<string, string>>;
}

/** A failure must not replace the status of a newer event. */
async function targetOf(store: Records, input: ExecutionInput): Promise<Target | undefined> {
  if ("event" in input) return { source: input.event, condition: notOvertaken(input.event), reasons };
  if ("drain" in input) return targetOfDrain(store, input.drain);
  return undefined;
}

function notOvertaken({ delivery, at }: WorkEvent): Condition {
  return {
    expression:
      "attribute_not_exists(#intent) OR #intentDelivery = :delivery OR (#wanted = :no AND #intentAt < :at)",
    values: { delivery, no: false, at },
  };
}

async function targetOfDrain(store: Records, key: TaskKey): Promise<Target | undefined> {
  const record = await store.get(key);
  if (!record?.source || !record.wanted) return undefined;
  const condition = { expression: "#intent = :holder", values: { holder: record.intent } };
  const timedOut = "The messages for the agent could not be sent for two days. They are kept.";
  return { source: record.source, condition, reasons: { ...reasons, TIMED_OUT: timedOut } };
}
