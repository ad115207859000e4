import { z } from "zod";

const State = z.looseObject({
  Type: z.enum(["Task", "Wait", "Choice", "Pass", "Succeed", "Fail", "Parallel", "Map"]),
});

/** A state machine after validation. Fields of single state types are parsed where they are used. */
export const Definition = z.looseObject({
  StartAt: z.string(),
  TimeoutSeconds: z.number().int().positive().optional(),
  States: z.record(z.string(), State),
});

export type StateDefinition = z.infer<typeof State>;
export type Definition = z.infer<typeof Definition>;
