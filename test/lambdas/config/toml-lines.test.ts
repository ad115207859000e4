import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parse } from "smol-toml";
import { TomlLines } from "../../../lambdas/config/toml-lines.js";
import { anyCharacter } from "../../any-character.js";
import { anyTree, TomlWriter } from "./toml-writer.js";

describe("the line of a path", () => {
  test("is the first line of its key, table or entry, in every form that TOML has", () => {
    fc.assert(
      fc.property(anyTree, fc.gen(), (tree, pick) => {
        const { toml, lines } = TomlWriter.write(tree, pick);
        // The written TOML parses to the expected data, so its lines belong to the right values.
        const parsed: unknown = JSON.parse(JSON.stringify(parse(toml)).replaceAll("\\r\\n", "\\n"));
        expect(parsed).toEqual(tree);
        const finder = new TomlLines(toml);
        expect(lines.map(({ path }) => ({ path, line: finder.lineOf(path) }))).toEqual(lines);
      }),
      { numRuns: 300 },
    );
  });

  test("is the line of the nearest value around it if the path does not exist", () => {
    fc.assert(
      fc.property(anyTree, fc.gen(), (tree, pick) => {
        const { toml, lines } = TomlWriter.write(tree, pick);
        const finder = new TomlLines(toml);
        for (const { path, line } of lines) {
          expect(finder.lineOf([...path, "nowhere", 3])).toBe(line);
          expect(finder.lineOf([...path, 99, "nowhere"])).toBe(line);
        }
        expect(finder.lineOf(["nowhere"])).toBe(1);
      }),
    );
  });

  test("of a table is its own header's line, even if a nested table comes first", () => {
    const finder = new TomlLines("[a.b]\nx = 1\n[a]\ny = 2\n");
    expect([finder.lineOf(["a"]), finder.lineOf(["a", "b"]), finder.lineOf(["a", "y"])]).toEqual([3, 1, 4]);
  });

  test("is found after a date with a space in it", () => {
    const finder = new TomlLines("a = [\n1979-05-27 07:32:00,\n2]\nb = 1979-05-27 07:32:00 # x\nc = 1");
    expect([finder.lineOf(["a", 1]), finder.lineOf(["b"]), finder.lineOf(["c"])]).toEqual([3, 4, 5]);
  });

  test("is inside the text, for any text", () => {
    const pieces = fc.constantFrom(
      "[",
      "]",
      "{",
      "}",
      '"',
      "'",
      '"""',
      "'''",
      "=",
      ".",
      ",",
      "#",
      "\\",
      "\n",
      "\r",
      "a",
      " ",
    );
    const anyText = fc.oneof(fc.string({ unit: anyCharacter }), fc.string({ unit: pieces, maxLength: 200 }));
    fc.assert(
      fc.property(
        anyText,
        fc.array(fc.oneof(fc.constant("a"), fc.nat(2)), { maxLength: 4 }),
        (text, path) => {
          const line = new TomlLines(text).lineOf(path);
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(text.split("\n").length);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["brackets", "a = ".concat("[".repeat(65_000))],
    ["braces", "a = {b = ".repeat(7_000)],
    ["quotes", `a = ${'"'.repeat(65_000)}`],
    ["an endless text", `a = """${"\\".repeat(65_001)}`],
    ["dots", `${"a.".repeat(32_000)}a = 1`],
    ["headers", "[a]\n".repeat(16_000)],
  ])("is found in reasonable time in 64 KiB of %s", (_, toml) => {
    expect(new TomlLines(toml).lineOf(["a"])).toBe(1);
  });
});
