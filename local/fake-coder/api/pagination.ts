import { Refusal } from "./coder-api.js";

/** A query parameter that is a whole number, or absent. */
export function integerParam(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === "") return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  throw new Refusal(400, "Query parameters have invalid values.", undefined, [
    { field: name, detail: `Query param "${name}" must be a valid non-negative integer` },
  ]);
}
