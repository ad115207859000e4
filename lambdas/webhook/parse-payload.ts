import * as z from "zod/mini";
import { schemaFaults } from "../model/schema-faults.js";

/** A payload lacks a field that its event needs. Each fault is one line with its path and the expectation, never a value. */
export class PayloadError extends Error {
  override readonly name = "PayloadError";
  constructor(
    readonly faults: readonly string[],
    /** Whether GitHub's schemas allow the payload: no field is missing or of a wrong type, but a value is out of bounds. */
    readonly isWellFormed = false,
  ) {
    super(`The payload lacks what the event needs: ${faults.join("; ")}`);
  }
}

/** Parses `payload`; throws a `PayloadError` that lists every fault. */
export function parsePayload<Schema extends z.core.$ZodType>(
  schema: Schema,
  payload: unknown,
): z.output<Schema> {
  const result = z.safeParse(schema, payload);
  if (result.success) return result.data;
  throw new PayloadError(schemaFaults(result.error, "the payload"), result.error.issues.every(isAboutValue));
}

/** Whether a fault is about a value, and not about its type. An unsafe integer has the right type. */
function isAboutValue(issue: z.core.$ZodIssue): boolean {
  switch (issue.code) {
    case "invalid_type":
      return false;
    case "invalid_union":
      return issue.errors.some((faults) => faults.every(isAboutValue));
    default:
      return true;
  }
}
