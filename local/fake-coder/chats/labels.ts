import { Refusal, type Validation } from "../api/coder-api.js";

export type Labels = Record<string, string>;

const limits = { count: 50, keyBytes: 64, valueBytes: 256 };
const keyPattern = /^[a-zA-Z0-9][a-zA-Z0-9._/-]*$/;

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
    ...(entries.length > limits.count
      ? [`too many labels (${entries.length}); maximum is ${limits.count}`]
      : []),
    ...entries.flatMap(([key, text]) => faults(key, text)),
  ];
  const validations: Validation[] = details.map((detail) => ({ field: "labels", detail }));
  if (validations.length > 0) throw new Refusal(400, "Invalid labels.", undefined, validations);
  return Object.fromEntries(entries);
}

/** `label=key:value`, split at the first colon; the last value of a key wins. */
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
  if (key === "") return ["label key must not be empty"];
  const found: string[] = [];
  const tooLong = (bytes: number) => `exceeds maximum length of ${bytes} bytes`;
  if (Buffer.byteLength(key) > limits.keyBytes) found.push(`label key "${key}" ${tooLong(limits.keyBytes)}`);
  if (!keyPattern.test(key)) {
    found.push(`label key "${key}" contains invalid characters; must match ${keyPattern.source}`);
  }
  const subject = `label value for key "${key}"`;
  if (value === "") found.push(`${subject} must not be empty`);
  if (Buffer.byteLength(value) > limits.valueBytes) found.push(`${subject} ${tooLong(limits.valueBytes)}`);
  return found;
}
