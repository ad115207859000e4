import * as z from "zod/mini";
import { workEventSchema } from "./event.js";
import { schemaFaults } from "./schema-faults.js";

/** The input that the states of a flow pass to their Lambdas: the event, and the intent that the flow holds. */
export const claimedSchema = z.object({ event: workEventSchema, intent: z.int() });

/** The work of a task or an inbox: see `TaskKey`. */
export const taskKeySchema = z.object({ repositoryId: z.int(), work: z.string() });

/** The input of `drain-inbox`: an inbox, and the generation that the drain may serve. */
export const drainSchema = z.extend(taskKeySchema, { generation: z.int() });

/** The state that a drain keeps between two observations of the agent (see `AgentWait`). */
export const agentWaitSchema = z.object({
  seconds: z.number(),
  ready: z.boolean(),
  silent: z.number(),
  broken: z.number(),
  resumed: z.boolean(),
  refusals: z.number(),
  held: z._default(z.number(), 0),
});

/** The input of `follow-task`: the work, the intent, and the name of the execution in the record. */
export const followSchema = z.extend(taskKeySchema, { intent: z.int(), follower: z.string() });

/**
 * Parses a Lambda's input. Throws a `TypeError` that lists every fault, because the state machine then passes the wrong
 * input.
 */
export function parseInput<Schema extends z.core.$ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = z.safeParse(schema, input);
  if (result.success) return result.data;
  const faults = schemaFaults(result.error, "the input").join("; ");
  throw new TypeError(`The Lambda's input does not have the shape that this action expects: ${faults}.`);
}

/**
 * The whole state of a flow, which a Lambda gets as `state`. Executions that an earlier version started pass it as the
 * input itself.
 */
export function stateIn(input: unknown): unknown {
  return typeof input === "object" && input !== null && "state" in input ? input.state : input;
}
