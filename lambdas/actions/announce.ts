import * as z from "zod/mini";
import type { Condition } from "../aws/table.js";
import { connectGitHub } from "../github/app.js";
import { workEventSchema } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import { taskStates } from "../model/record.js";
import { howToStartAnew } from "../model/work.js";
import { failureWords } from "../status/audience.js";
import { messageOf } from "../status/cause.js";
import { StatusComment } from "../status/status-comment.js";
import { TaskStore } from "../tasks/store.js";

/** What a `Catch` of Step Functions puts into the state. */
const errorSchema = z.object({ Error: z.string(), Cause: z.string() });

const inputSchema = z.object({
  event: workEventSchema,
  /** The ARN of the execution; runs that were started before it was passed have none. */
  execution: z.optional(z.string()),
  state: z.enum(taskStates),
  /** Left out where the flow holds none: a refusal must not touch the status of a task that runs. */
  intent: z.optional(z.int()),
  /** For people: reason and remedy. */
  detail: z.optional(z.string()),
  /** What Coder knows of the work; with `created`, a new task, what was known before is forgotten. */
  report: z.optional(z.string()),
  /** What a `Catch` caught, instead of a detail. */
  error: z.optional(errorSchema),
  /** Of a refusal: what the flow's states have decided so far. The last decision is the one that refuses. */
  decisions: z.optional(
    z.object({
      claim: z.optional(z.object({ outcome: z.string(), intent: z.int(), reason: z.string() })),
      plan: z.optional(z.object({ detail: z.string() })),
      error: z.optional(errorSchema),
    }),
  ),
});

const store = new TaskStore();

/** Lets the status comment say the state; `announced` is false where a newer event has had its say. */
export async function handler(input: unknown): Promise<{ announced: boolean }> {
  const { event, execution, state, decisions = {}, report, ...given } = parseInput(inputSchema, input);
  const { claim, plan } = decisions;
  const intent = given.intent ?? (claim?.outcome === "claimed" ? claim.intent : undefined);
  const error = given.error ?? decisions.error;
  const detail = given.detail ?? (error ? undefined : (plan?.detail ?? claim?.reason));
  const failure = error && { name: error.Error, message: messageOf(error.Cause) };
  const words = detail ?? (failure && `${failureWords(failure, event.repository)} ${howToStartAnew(event)}`);
  const holder = execution ?? event.delivery;
  const comment = new StatusComment(store, await connectGitHub(), event, holder);
  const announced = await comment.say(
    { state, ...(words !== undefined && { detail: words }) },
    intent === undefined ? noTaskWanted : { expression: "#intent = :holder", values: { holder: intent } },
    state === "created" ? "" : report,
  );
  return { announced };
}

const noTaskWanted: Condition = {
  expression: "attribute_not_exists(#intent) OR #wanted = :no",
  values: { no: false },
};
