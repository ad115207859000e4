import type * as z from "zod/mini";

/**
 * Describes why a value does not fit its schema: one line per fault with its path and what was expected, never the value
 * itself. `whole` names the value as a whole.
 */
export function schemaFaults({ issues }: z.core.$ZodError, whole: string): string[] {
  return issues.map((issue) => `${issue.path.join(".") || whole}: expected ${expectation(issue)}`);
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.expected;
    case "invalid_format":
      return issue.pattern ? `a string like ${issue.pattern}` : `a string of format ${issue.format}`;
    case "invalid_value":
      return `one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      return issue.origin === "string"
        ? `at least ${issue.minimum} characters`
        : `more than ${issue.inclusive ? Number(issue.minimum) - 1 : issue.minimum}`;
    case "too_big":
      return `at most ${issue.maximum}${issue.origin === "string" ? " characters" : ""}`;
    default:
      return "another value";
  }
}
