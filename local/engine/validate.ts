import aslValidator from "asl-validator";
import { z } from "zod";
import { EngineError } from "./errors.js";
import { findUnsupported } from "./unsupported.js";

const State = z.looseObject({
  Type: z.enum(["Task", "Wait", "Choice", "Pass", "Succeed", "Fail", "Parallel", "Map"]),
});

/** A state machine after validation. What depends on a state's type is read where it is needed. */
const Definition = z.looseObject({
  StartAt: z.string(),
  TimeoutSeconds: z.number().int().positive().optional(),
  States: z.record(z.string(), State),
});

export type StateDefinition = z.infer<typeof State>;
export type Definition = z.infer<typeof Definition>;

export interface Validation {
  /**
   * Whether the definition is held against the whole of the Amazon States Language. That takes half a second, for the
   * validator compiles its schemas anew each time. Default: true.
   */
  isThorough?: boolean;
}

/** Parses a definition. Throws `InvalidDefinition` with the machine's name and every fault that was found. */
export function parseDefinition(
  machineName: string,
  json: string,
  { isThorough = true }: Validation = {},
): Definition {
  const refuse = (faults: string[]) =>
    new EngineError(
      "InvalidDefinition",
      `${machineName} is no valid state machine:\n- ${faults.join("\n- ")}`,
    );

  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    throw refuse([`it is not JSON: ${error instanceof Error ? error.message : error}`]);
  }
  const definition = Definition.safeParse(parsed);
  if (!definition.success) throw refuse(z.prettifyError(definition.error).split("\n"));

  // What the engine cannot do comes first: the schema's words for it ("must match exactly one schema in
  // oneOf") would only hide the reason.
  const unsupported = findUnsupported(definition.data);
  if (unsupported.length > 0) throw refuse(unsupported);
  if (!isThorough) return definition.data;
  const { isValid, errorsText } = aslValidator(JSON.parse(json), { checkArn: true, checkPaths: true });
  if (!isValid) throw refuse(errorsText("\n").split("\n"));
  return definition.data;
}
