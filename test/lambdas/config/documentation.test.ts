import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { Ajv2020, type SchemaObject } from "ajv/dist/2020.js";
import { parse } from "smol-toml";
import { repoConfigSchema } from "../../../lambdas/config/json-schema.js";
import { limits } from "../../../lambdas/config/shape.js";
import { settings } from "./files.js";

const page = readFileSync(new URL("../../../docs/repo-config.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/^```toml\n(.*?)^```$/gms)].map(([, toml = ""]) => toml);

describe("docs/repo-config.md", () => {
  test("has two full examples that are valid and have no unknown key", () => {
    const validate = new Ajv2020().compile(repoConfigSchema("https://x.example.com/") as SchemaObject);
    const full = examples.filter((toml) => {
      const { config, warnings } = settings(toml);
      expect(warnings).toEqual([]);
      expect(validate(parse(toml))).toBe(true);
      expect(toml).toMatch(/^#:schema https:[/][/]\S+[/]schema\.json\n/);
      return config.scheduled_jobs.length > 0 && config.on_event.failed_run.length > 0;
    });
    expect(full.length).toBeGreaterThanOrEqual(2);
  });

  test("names every key", () => {
    const keys = new Set<string>();
    JSON.stringify(repoConfigSchema(""), (_, value) => {
      for (const key of Object.keys(value?.properties ?? {})) keys.add(key);
      return value;
    });
    expect([...keys].filter((key) => !page.includes(key))).toEqual([]);
  });

  test("names every limit", () => {
    const numbers = Object.values(limits).map((limit) => limit.toLocaleString("en"));
    expect(numbers.filter((number) => !new RegExp(`\\b${number}\\b`).test(page))).toEqual([]);
  });
});
