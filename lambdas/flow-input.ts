import * as z from "zod/mini";
import { eventSchema } from "./events/event.js";

/** What the states of a flow hand to their Lambdas: the event, and the intent that the flow holds. */
export const claimedSchema = z.object({ event: eventSchema, intent: z.int() });

/** Parses a Lambda's input: a fault in it is a fault of the state machine, and says where. */
export function parseInput<Schema extends z.core.$ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = z.safeParse(schema, input);
  if (result.success) return result.data;
  const paths = result.error.issues.map((issue) => issue.path.join(".") || "the whole");
  throw new TypeError(`The state machine's input does not fit this action: ${paths.join(", ")}.`);
}
