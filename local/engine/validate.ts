import aslValidator from "asl-validator";
import { z } from "zod";
import { EngineError } from "./errors.js";
import { Definition } from "./schema.js";
import { findUnsupported } from "./unsupported.js";

export interface Validation {
  /**
   * Whether to validate the definition against the whole Amazon States Language. That takes half a second, because the
   * validator compiles its schemas on each call. Default: true.
   */
  isThorough?: boolean;
}

/** A fault of a definition, in the shape of `ValidateStateMachineDefinition`. */
export interface Diagnostic {
  severity: "ERROR";
  code: string;
  message: string;
  /** `/States/<name>/<field>` */
  location?: string;
}

/** Validates a definition against the Amazon States Language only, not against what the engine supports. */
export function diagnose(json: string): Diagnostic[] {
  const fault = (code: string, message: string): Diagnostic => ({ severity: "ERROR", code, message });
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    return [fault("INVALID_JSON_DESCRIPTION", error instanceof Error ? error.message : String(error))];
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    return [fault("SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object")];
  }
  const missing = ["States", "StartAt"].filter((field) => !(field in parsed));
  if (missing.length > 0) {
    const message = `These fields are required: [${missing.join(", ")}]`;
    return [{ ...fault("SCHEMA_VALIDATION_FAILED", message), location: "/" }];
  }
  return aslValidator(parsed, { checkArn: true, checkPaths: true }).errors.map((error) => {
    const location = error.schemaError?.instancePath || error.path;
    return { ...fault(error["Error code"], error.Message), ...(location && { location }) };
  });
}

/** Parses a definition. Throws an `InvalidDefinition` that names the machine and every fault. */
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

  // Unsupported features are reported first: the schema's message for them ("must match exactly one schema in
  // oneOf") would hide the reason.
  const unsupported = findUnsupported(definition.data);
  if (unsupported.length > 0) throw refuse(unsupported);
  if (!isThorough) return definition.data;
  const { isValid, errorsText } = aslValidator(JSON.parse(json), { checkArn: true, checkPaths: true });
  if (!isValid) throw refuse(errorsText("\n").split("\n"));
  return definition.data;
}
