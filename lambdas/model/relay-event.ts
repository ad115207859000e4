import * as z from "zod/mini";
import { configEventSchema } from "./config-event.js";
import { personalEventSchema, pullsMovedSchema } from "./event.js";

/** Every event that a delivery can be classified as. */
export const eventSchema = z.discriminatedUnion("type", [
  personalEventSchema,
  configEventSchema,
  pullsMovedSchema,
]);

/** Conflicts are missing because a flow finds them, not a delivery. */
export type RelayEvent = Exclude<z.output<typeof eventSchema>, { type: "pull_conflicted" }>;
