import type { z } from "zod";

/** Members whose values must not appear in an error. */
const sensitive = new Set(["input", "error", "cause", "definition", "secretString", "secretBinary"]);

type Issue = z.ZodError["issues"][number];

/**
 * AWS's error for a request that violates its service's model: a `ValidationException` that lists every violated
 * constraint, or a `SerializationException` if a member has another JSON type.
 */
export function validationFault(error: z.ZodError, input: unknown): { name: string; message: string } {
  const constraints: string[] = [];
  for (const issue of error.issues) {
    const value = valueAt(input, issue.path);
    if (issue.code === "invalid_type" && value !== undefined && value !== null) {
      const at = issue.path.join(".") || "the body";
      return { name: "SerializationException", message: `Expected ${issue.expected} at ${at}` };
    }
    constraints.push(
      `${describe(value, issue.path)} failed to satisfy constraint: ${constraint(issue, value)}`,
    );
  }
  const count = `${constraints.length} validation error${constraints.length === 1 ? "" : "s"} detected`;
  return { name: "ValidationException", message: `${count}: ${constraints.join("; ")}` };
}

/** `Value '1001' at 'maxResults'`: AWS writes the names of members in lower camel case. */
function describe(value: unknown, path: readonly PropertyKey[]): string {
  const name = path.map((part) => lowerFirst(String(part))).join(".");
  if (sensitive.has(name)) return `Value at '${name}'`;
  const text = value === undefined || value === null ? "null" : `'${asText(value)}'`;
  return `Value ${text} at '${name}'`;
}

function constraint(issue: Issue, value: unknown): string {
  const amount = typeof value === "number" ? "value" : "length";
  switch (issue.code) {
    case "invalid_type":
      return "Member must not be null";
    case "too_big":
      return `Member must have ${amount} less than or equal to ${issue.maximum}`;
    case "too_small":
      return `Member must have ${amount} greater than or equal to ${issue.minimum}`;
    case "invalid_format":
      return `Member must satisfy regular expression pattern: ${String(issue.pattern).replace(/^\/\^?|\$?\/$/g, "")}`;
    case "invalid_value":
      return value === undefined || value === null
        ? "Member must not be null"
        : `Member must satisfy enum value set: [${issue.values.join(", ")}]`;
    default:
      return issue.message;
  }
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const part of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

function asText(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
