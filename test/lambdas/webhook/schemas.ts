import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import fc from "fast-check";

/** The parts of JSON Schema that GitHub's webhook schemas use. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  format?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
}

interface Description {
  webhooks: Record<string, { post: { requestBody: { content: Record<string, { schema: Schema }> } } }>;
}

const read = (version: string): Description => {
  const file = createRequire(import.meta.url).resolve("@octokit/openapi-webhooks/package.json");
  return JSON.parse(readFileSync(file.replace("package.json", `generated/${version}.json`), "utf8"));
};

/** Few values, so that the same id, name or commit occurs in several fields. */
const integer = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 3 }) }, fc.integer());
const commits = ["a".repeat(40), "b".repeat(64), "0".repeat(40)];
const texts = ["main", "refs/heads/main", "coder-agent", "ghost", "failure", "completed", "LEFT", ...commits];
const string = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...texts) }, fc.string());
const formats: Record<string, fc.Arbitrary<string>> = {
  "date-time": fc.constantFrom(
    "2026-11-25T10:00:00Z",
    "2026-11-25T12:00:00+02:00",
    "2011-01-26T19:06:43.123Z",
  ),
  uri: fc.constantFrom("https://github.com/octo/app/issues/5", "https://github.example.com/octo/app/pull/7"),
};

/** Payloads of every event and action, as one version of GitHub defines them. */
export class WebhookSchemas {
  readonly #description: Description;
  readonly #known = new Map<Schema, fc.Arbitrary<unknown>>();

  constructor(version: "api.github.com" | "ghes-3.19") {
    this.#description = read(version);
  }

  /** Payloads of one event and action, such as `issues-assigned`. */
  payloads(name: string): fc.Arbitrary<Record<string, unknown>> {
    const schema = this.#description.webhooks[name]?.post.requestBody.content["application/json"]?.schema;
    if (!schema) throw new Error(`GitHub describes no webhook ${name}`);
    return this.#arbitrary(schema) as fc.Arbitrary<Record<string, unknown>>;
  }

  #arbitrary(schema: Schema): fc.Arbitrary<unknown> {
    const known = this.#known.get(schema) ?? this.#make(schema);
    this.#known.set(schema, known);
    return known;
  }

  #make(schema: Schema): fc.Arbitrary<unknown> {
    if (schema.$ref) return this.#arbitrary(this.#resolve(schema.$ref));
    if (schema.enum) return fc.constantFrom(...schema.enum);
    if (schema.allOf) {
      // The parts are not merged field by field, so a field may have a value that only one of them allows.
      const parts = schema.allOf.map((part) => this.#arbitrary(part));
      return fc.tuple(...parts).map((values) => Object.assign({}, ...values));
    }
    const types = [schema.type ?? "object"].flat();
    const choices = schema.oneOf ?? schema.anyOf;
    if (choices && !schema.properties) {
      const arbitraries = choices.map((choice) => this.#arbitrary(choice));
      return fc.oneof(...arbitraries, ...(types.includes("null") ? [fc.constant(null)] : []));
    }
    return fc.oneof(...types.map((type) => this.#ofType(type, schema)));
  }

  #ofType(
    type: string,
    { format = "", properties = {}, required = [], items = {} }: Schema,
  ): fc.Arbitrary<unknown> {
    switch (type) {
      case "null":
        return fc.constant(null);
      case "boolean":
        return fc.boolean();
      case "integer":
      case "number":
        return integer;
      case "string":
        return formats[format] ?? string;
      case "array":
        return fc.array(this.#arbitrary(items), { maxLength: 2 });
      default: {
        const fields = Object.entries(properties).map(([key, field]) => [
          key,
          this.#arbitrary(withFormat(key, field)),
        ]);
        const record: Record<string, fc.Arbitrary<unknown>> = Object.fromEntries(fields);
        const keys = Object.keys(record).filter((key) => required.includes(key));
        return fc.record(record, { requiredKeys: keys });
      }
    }
  }

  #resolve(reference: string): Schema {
    const keys = reference.replace("#/", "").split("/");
    return keys.reduce<unknown>(
      (part, key) => (part as Record<string, unknown>)[key],
      this.#description,
    ) as Schema;
  }
}

/** GitHub's schemas define some times and URLs only as strings. */
function withFormat(key: string, field: Schema): Schema {
  if (field.format || field.enum || field.type !== "string") return field;
  const format = /_at$/.test(key) ? "date-time" : /url$/.test(key) ? "uri" : undefined;
  return format ? { ...field, format } : field;
}
