import { describe, expect, test } from "@jest/globals";
import { Ajv2020, type SchemaObject } from "ajv/dist/2020.js";
import fc from "fast-check";
import { parse } from "smol-toml";
import { repoConfigSchema } from "../../../lambdas/config/json-schema.js";
import { parseRepoConfig } from "../../../lambdas/config/repo-config.js";
import { anyToml } from "./any-file.js";
import { bytes, job, rule, volume } from "./files.js";

const schema = repoConfigSchema("https://relay.example.com/schema.json");
const validator = new Ajv2020({ strict: true, allErrors: true, useDefaults: false });
const validate = validator.compile(schema as SchemaObject);

/** As JSON, because editors give validators JSON, in which a date is text. */
const takesSchema = (toml: string): boolean => validate(JSON.parse(JSON.stringify(parse(toml))));
const takesParser = (toml: string): boolean => "config" in parseRepoConfig(bytes(toml));

/** The schema of every key, with the path of the key. */
function keysOf(node: Record<string, unknown>, path = ""): [string, Record<string, unknown>][] {
  const properties = Object.entries((node.properties ?? {}) as Record<string, Record<string, unknown>>);
  const here = properties.flatMap(([key, inner]): [string, Record<string, unknown>][] => [
    [`${path}${key}`, inner],
    ...keysOf(inner, `${path}${key}.`),
  ]);
  const items = node.items as Record<string, unknown> | undefined;
  return items ? [...here, ...keysOf(items, path)] : here;
}

describe("the schema", () => {
  test("has the dialect of draft 2020-12 and its own URL as id", () => {
    expect(schema).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: "https://relay.example.com/schema.json",
      title: expect.stringContaining("config.toml"),
      type: "object",
    });
    expect(validator.validateSchema(schema as SchemaObject)).toBe(true);
  });

  test("describes each key for editors, with its default", () => {
    const defaults: Record<string, unknown> = {};
    for (const [path, key] of keysOf(schema)) {
      expect([path, key.description]).toEqual([path, expect.stringMatching(/^[A-Z].+\.$/)]);
      if ("default" in key) defaults[path] = key.default;
    }
    expect(defaults).toEqual({
      sandbox: {},
      "sandbox.size": "medium",
      "sandbox.docker": false,
      "sandbox.volumes": [],
      "sandbox.volumes.size": "10Gi",
      harness: {},
      "harness.provider": "claude_code",
      scheduled_jobs: [],
      on_event: {},
      "on_event.failed_run": [],
      "on_event.failed_run.events": ["push", "schedule", "merge_group", "workflow_dispatch"],
      ci: {},
      "ci.ignore": [],
    });
    expect(keysOf(schema)).toHaveLength(23);
  });

  test("also describes the entries of every list", () => {
    const lists = [...keysOf(schema)].filter(([, { type }]) => type === "array");
    expect(lists.length).toBeGreaterThan(5);
    for (const [path, { items }] of lists) {
      expect([path, (items as Record<string, unknown>).description]).toEqual([
        path,
        expect.stringMatching(/^[A-Z].+\.$/),
      ]);
    }
  });

  test("uses only keywords with the same meaning in all drafts, and patterns that Rust also accepts", () => {
    const text = JSON.stringify(schema);
    for (const newer of [
      "$ref",
      "$defs",
      "prefixItems",
      "unevaluated",
      "dependent",
      "additionalProperties",
    ]) {
      expect(text).not.toContain(`"${newer}`);
    }
    const patterns = [...text.matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(([, json = ""]) =>
      JSON.parse(json),
    );
    expect(patterns.length).toBeGreaterThan(5);
    for (const pattern of patterns) {
      expect(pattern).not.toMatch(/\(\?|\\\/|\\p|&&|--|~~/);
      // In Rust, a bracket inside a class begins a nested class.
      expect(pattern).not.toMatch(/\[[^\]\\]*(\\.[^\]\\]*)*(?<!\\)\[/);
    }
  });
});

describe("a file that the parser accepts", () => {
  test.each([
    [""],
    ["[sandbox]\nsize = 'large'\nunknown = 1\n[unknown]\na = [1]\n"],
    [volume("'/data'", "'10 gb'")],
    [job({ name: `'${"😀".repeat(60)}'` })],
    [job({ schedule: "'  */5  9-17 * jan,7 mon-FRI '", timezone: "'Etc/GMT+5'" })],
    [job({ schedule: "'@DAILY'", timezone: "'america/port-au-prince'" })],
    [job({ timezone: "'UTC'", owner: "'mona_acme'", unknown: "1" })],
    [rule({ events: "['issue_comment', 'push']" })],
    [rule({ branches: "['**', '!a/[0-9]+']", prompt_additions: '"\\n\\tx"' })],
  ])("passes the schema: %j", (toml) => {
    expect([takesParser(toml), takesSchema(toml)]).toEqual([true, true]);
  });
});

describe("a file that the schema refuses", () => {
  test.each([
    ["sandbox = 'large'"],
    ["[sandbox]\nsize = 'huge'"],
    ["[sandbox]\ndocker = 'yes'"],
    ["[sandbox]\nvolumes = {}"],
    ["[[sandbox.volumes]]\nsize = '1G'"],
    [volume("'data'")],
    [volume("'/data'", "'10'")],
    [volume("'/data'", "10")],
    ["harness.provider = 'gpt'"],
    ["scheduled_jobs = {}"],
    [job().replace("name =", "title =")],
    [job({ name: "' '" })],
    [job({ name: '"a\\u2028b"' })],
    [job({ name: `'${"😀".repeat(61)}'` })],
    [job({ branch: "'a b'" })],
    [job({ prompt: "'  '" })],
    [job({ schedule: "'cron(0 3 * * ? *)'" })],
    [job({ schedule: "'0 3 * *'" })],
    [job({ schedule: "'@daily 3'" })],
    [job({ timezone: "'+01:00'" })],
    [job({ timezone: "'Europe/New York'" })],
    [job({ owner: "'@mona'" })],
    [job().repeat(51)],
    [rule({ workflows: "[]" })],
    [rule({ branches: "'main'" })],
    [rule({ events: "[]" })],
    [rule({ events: "'push'" })],
    [rule({ events: "['pushes']" })],
    [rule({ prompt_additions: "''" })],
  ])("is also refused by the parser: %j", (toml) => {
    expect([takesSchema(toml), takesParser(toml)]).toEqual([false, false]);
  });

  test("is also refused by the parser, for any generated file", () => {
    const counts = { refused: 0, taken: 0 };
    fc.assert(
      fc.property(anyToml, (toml) => {
        const isTaken = takesSchema(toml);
        counts[isTaken ? "taken" : "refused"]++;
        // The parser checks more than a schema can express, never less.
        if (takesParser(toml)) expect(isTaken).toBe(true);
      }),
      { numRuns: 300 },
    );
    expect(Math.min(counts.refused, counts.taken)).toBeGreaterThan(0);
  });
});
