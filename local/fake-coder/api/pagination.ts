import { Refusal } from "./coder-api.js";

/** Parses an optional query parameter that must be a whole number. */
export function integerParam(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === "") return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  throw new Refusal(400, "Query parameters have invalid values.", undefined, [
    { field: name, detail: `Query param "${name}" must be a valid non-negative integer` },
  ]);
}
