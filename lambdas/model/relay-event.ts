import * as z from "zod/mini";
import { configEventSchema } from "./config-event.js";
import { personalEventSchema, pullsMovedSchema } from "./event.js";

/** Every event that a delivery can be classified as. */
export const eventSchema = z.discriminatedUnion("type", [
  personalEventSchema,
  configEventSchema,
  pullsMovedSchema,
]);

export type RelayEvent = z.output<typeof eventSchema>;
