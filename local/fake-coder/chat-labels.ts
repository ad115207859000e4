import { Refusal, type Validation } from "./coder-api.js";

export type Labels = Record<string, string>;

const limits = { count: 50, keyBytes: 64, valueBytes: 256 };

/** The field `labels`, checked as coderd/httpapi/chatlabels.go does. */
export function labelsField(body: Record<string, unknown>): Labels | undefined {
  const value = body.labels;
  if (value === undefined || value === null) return undefined;
  const entries = typeof value === "object" && !Array.isArray(value) ? Object.entries(value) : undefined;
  if (!entries?.every((entry): entry is [string, string] => typeof entry[1] === "string")) {
    throw new Refusal(
      400,
      "Request body must be valid JSON.",
      "json: cannot unmarshal into field labels of type map[string]string",
    );
  }
  const details = [
    ...(entries.length > limits.count ? [`too many labels (${entries.length}), maximum is 50`] : []),
    ...entries.flatMap(([key, text]) => faults(key, text)),
  ];
  const validations: Validation[] = details.map((detail) => ({ field: "labels", detail }));
  if (validations.length > 0) throw new Refusal(400, "Invalid labels.", undefined, validations);
  return Object.fromEntries(entries);
}

/** `label=key:value`, cut at the first colon; of two with the same key, the last one counts. */
export function labelFilter(params: readonly string[]): Labels {
  const labels: Labels = {};
  for (const param of params) {
    const [key = "", ...rest] = param.split(":");
    const value = rest.join(":");
    if (key === "" || value === "") {
      throw new Refusal(
        400,
        `Invalid label filter: "${param}" (expected format key:value, both must be non-empty)`,
      );
    }
    labels[key] = value;
  }
  return labels;
}

function faults(key: string, value: string): string[] {
  const found: string[] = [];
  if (key === "") found.push("label key must not be empty");
  else if (Buffer.byteLength(key) > limits.keyBytes) found.push(`label key "${key}" is longer than 64 bytes`);
  else if (!/^[a-zA-Z0-9][a-zA-Z0-9._/-]*$/.test(key)) found.push(`label key "${key}" is not valid`);
  if (value === "") found.push(`label value for key "${key}" must not be empty`);
  if (Buffer.byteLength(value) > limits.valueBytes) {
    found.push(`label value for key "${key}" is longer than 256 bytes`);
  }
  return found;
}
