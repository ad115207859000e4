import type * as z from "zod/mini";
import type { Path } from "./fault.js";
import type { Table } from "./toml.js";

/** Turns zod's issue into sentences that say what to do. Messages about a single value are in the shape. */
export function expectation(issue: z.core.$ZodIssue, root: Table): string {
  switch (issue.code) {
    case "invalid_type":
      return `${valueAt(root, issue.path) === undefined ? "Required, and missing. " : ""}${issue.message}`;
    case "invalid_value":
      return `${valueAt(root, issue.path) === undefined ? "Required, and missing. " : ""}Expected one of ${listed(issue.values)}, in quotes.`;
    case "too_small":
      return `Expected at least ${counted(Number(issue.minimum), issue.origin)}.`;
    case "too_big":
      return `Expected at most ${counted(Number(issue.maximum), issue.origin)}.`;
    default:
      return issue.message;
  }
}

function listed(values: readonly unknown[]): string {
  return values.map((value) => `\`${String(value)}\``).join(", ");
}

function counted(amount: number, origin: string): string {
  const unit = origin === "string" ? ["character", "characters"] : ["entry", "entries"];
  return `${amount} ${amount === 1 ? unit[0] : unit[1]}`;
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}
