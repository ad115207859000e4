import { describe, expect, test } from "@jest/globals";
import { parseRepoConfig } from "../../../lambdas/config/repo-config.js";
import { bytes, faults, job, places, rule, settings } from "./files.js";

const KiB = 1024;

describe("names with a special meaning in JavaScript", () => {
  test.each([
    ["__proto__.size = 'large'", "1 __proto__"],
    ["[__proto__]\nsize = 'large'", "1 __proto__"],
    ["[[__proto__]]\nsize = 'large'", "1 __proto__"],
    ["\"__proto__\" = { size = 'large' }", "1 __proto__"],
    ['"\\u005f_proto__".x = 1', "1 __proto__"],
    ["[sandbox]\n__proto__ = { size = 'large' }", "2 sandbox.__proto__"],
    ["sandbox = { __proto__ = { size = 'large' } }", "1 sandbox.__proto__"],
    ["[sandbox.__proto__]\nsize = 'large'", "1 sandbox.__proto__"],
    ["[constructor.prototype]\nsize = 'large'", "1 constructor"],
    ["a.b = [{ c = { prototype = 1 } }]", "1 a.b[0].c.prototype"],
  ])("are faults as keys: %j", (toml, place) => {
    expect(places(faults(toml))).toEqual([place]);
    expect({}).not.toHaveProperty("size");
    expect({}).not.toHaveProperty("x");
    expect(settings("").config.sandbox.size).toBe("medium");
  });

  test("are allowed if they only look similar", () => {
    const { warnings } = settings("toString = 1\nhasOwnProperty = 2\n[sandbox]\nvalueOf = 3\n");
    expect(places(warnings)).toEqual(["1 toString", "2 hasOwnProperty", "4 sandbox.valueOf"]);
  });
});

describe("a file's size", () => {
  test("may be 64 KiB, in bytes", () => {
    const start = "# ";
    expect(settings(start + "x".repeat(64 * KiB - 2)).warnings).toEqual([]);
    expect(settings(start + "é".repeat(32 * KiB - 1)).warnings).toEqual([]);
    for (const more of ["x".repeat(64 * KiB - 1), "é".repeat(32 * KiB), "x".repeat(KiB * KiB)]) {
      expect(faults(start + more)).toEqual([
        { line: 1, path: "", message: expect.stringContaining("64 KiB") },
      ]);
    }
  });
});

describe("nesting", () => {
  const deep: [string, string][] = [
    ["lists", `a = ${"[".repeat(30_000)}`],
    ["closed lists", `a = ${"[".repeat(20)}${"]".repeat(20)}`],
    ["inline tables", `a = ${"{b = ".repeat(5_000)}`],
    ["dotted keys", `${"a.".repeat(30_000)}a = 1`],
    ["a header", `[${"a.".repeat(30_000)}a]`],
    ["a header of a list", `[[${"a.".repeat(30_000)}a]]`],
    ["both", `[${"a.".repeat(12)}a]\n${"b.".repeat(12)}b = [[1]]`],
  ];
  test.each(deep)("that is too deep is a fault: %s", (_, toml) => {
    const found = faults(toml);
    expect(found).toHaveLength(1);
    expect(found[0]?.message).toMatch(/deep/);
    expect(JSON.stringify(found).length).toBeLessThan(1_000);
  });

  test("of sixteen levels is allowed", () => {
    expect(places(settings(`a = ${"[".repeat(15)}${"]".repeat(15)}`).warnings)).toEqual(["1 a"]);
    expect(places(settings(`${"a.".repeat(15)}a = 1`).warnings)).toEqual(["1 a"]);
  });
});

describe("64 KiB", () => {
  const rows = (count: number, row: (index: number) => string) =>
    Array.from({ length: count }, (_, i) => row(i)).join("");
  test.each([
    ["of one pattern", rule({ branches: `["${"a?".repeat(32_000)}"]` })],
    ["of wrong patterns", rule({ branches: `[${'"[",'.repeat(16_000)}]` })],
    ["of time zones", "[[scheduled_jobs]]\ntimezone = 'Europe/Berlin'\n".repeat(1_350)],
    ["of a schedule", job({ schedule: `"${"1,".repeat(32_000)}"` })],
    ["of keys", rows(6_000, (index) => `k${index} = 1\n`)],
    ["of headers", rows(2_000, (index) => `[k${index}.b.c.d.e.f.g.h]\n`)],
    ["of a number", `a = ${"9".repeat(65_000)}`],
    ["of quotes", `a = """${'""x'.repeat(21_000)}`],
    ["of spaces", job({ name: `"a${" ".repeat(64_000)}b "`, prompt: '"a"' })],
  ])("%s are parsed within the time limit of a test", (_, toml) => {
    expect(toml.length).toBeLessThan(64 * KiB);
    const parsed = parseRepoConfig(bytes(toml));
    expect(JSON.stringify(parsed).length).toBeLessThan(32 * KiB);
  });
});

describe("a file that is not TOML", () => {
  const broken: [string, string, number, RegExp][] = [
    ["has a key twice", "a = 1\nb = 2\na = 3\n", 3, /twice/],
    ["has a table twice", "[sandbox]\n[harness]\n[sandbox]\n", 3, /twice/],
    ["has a table that is also a key", "sandbox.size = 'large'\n[sandbox]\n", 2, /twice/],
    ["has a key of an inline table twice", "a = { b = 1,\n b = 2 }", 2, /twice/],
    ["has a list of tables that is also a list", "a = []\n[[a]]\n", 2, /twice/],
    ["has no value", "[sandbox]\nsize =\n", 2, /Expected a value/],
    ["has text without quotes", "[sandbox]\nsize = large\n", 2, /quotes/],
    ["has YAML", "sandbox:\n  size: large\n", 1, /key/],
    ["has JSON", '{ "sandbox": {} }', 1, /key/],
    ["has an open text", 'a = 1\nb = "open\nc = 2\n', 2, /line ends/],
    ["has an open text of several lines", 'a = 1\nb = """open\nc = 2\n', 2, /no end/],
    ["has an open list", "a = [\n1,\n2\n", 3, /close the brackets/],
    ["has an open list with a comma at its end", "a = [\n1,\n2,\n", 3, /Expected a value/],
    ["has an open header", "[sandbox\nsize = 1\n", 1, /key/],
    ["has two values on a line", "a = 1 b = 2", 1, /new line/],
    ["has an unknown escape", 'a = "C:\\dir"', 1, /escape/],
    ["has an invalid date", "a = 2024-13-45", 1, /date/],
    ["has an invalid number", "a = 007", 1, /number/],
    ["has a NUL", "a = 1\n\0", 2, /TOML/],
    ["has a NUL in a text", 'a = 1\nb = "\0"', 2, /[Cc]ontrol/],
    ["has a control character in a comment", "a = 1\n# \u0007", 2, /[Cc]ontrol/],
    ["has lines that end in CR", "a = 1\rb = 2\r", 1, /TOML/],
    ["has a byte order mark in its middle", "a = 1\n\ufeffb = 2", 2, /TOML/],
    ["ends in the middle of a line", "a", 1, /TOML/],
    ["has marks of a merge conflict", "a = 1\n<<<<<<< HEAD\nb = 2\n=======\n", 2, /merge conflict/],
    [
      "is a pointer of Git LFS",
      "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 123\n",
      1,
      /Git LFS/,
    ],
  ];
  test.each(broken)("and %s has one fault with its line", (_, toml, line, message) => {
    const found = faults(toml);
    expect(found).toEqual([{ line, path: "", message: expect.stringMatching(message) }]);
    expect(found[0]?.message).toMatch(/^Not valid TOML\. [A-Z]/);
  });
});

describe("an encoding", () => {
  test("is UTF-8, with or without a byte order mark; line numbers are the same", () => {
    expect(settings("\ufeff[sandbox]\nsize = 'large'").config.sandbox.size).toBe("large");
    expect(places(faults("\ufeff[sandbox]\nsize = 1"))).toEqual(["2 sandbox.size"]);
    expect(settings("\ufeff").warnings).toEqual([]);
  });

  test.each([
    ["Latin-1", Uint8Array.from([...bytes("a = 1\nb = '"), 0xe9, ...bytes("'\n")]), 2],
    ["a lone byte at the end", Uint8Array.from([...bytes("a = 1\n\n"), 0xc3]), 3],
    ["a surrogate", Uint8Array.from([...bytes("# "), 0xed, 0xa0, 0x80]), 1],
    ["an overlong form", Uint8Array.from([...bytes("a = 1\n# "), 0xc0, 0x80]), 2],
    ["UTF-16", Uint8Array.from([0xff, 0xfe, ...Buffer.from("a = 1\n", "utf16le")]), 1],
    ["UTF-16, big end first", Uint8Array.from([0xfe, 0xff, 0, 0x61]), 1],
  ])("that is not UTF-8 is a fault with its line: %s", (_, file, line) => {
    expect(faults(file)).toEqual([{ line, path: "", message: expect.stringMatching(/UTF-8/) }]);
  });
});

describe("lines that end in CRLF", () => {
  test("count once and change no setting", () => {
    const toml = `${job({ prompt: '"""\none\ntwo"""' })}[sandbox]\nsize = "large"\n`;
    expect(settings(toml.replaceAll("\n", "\r\n"))).toEqual(settings(toml));
    const wrong = toml.replace("large", "huge").replaceAll("\n", "\r\n");
    expect(places(faults(wrong))).toEqual(["9 sandbox.size"]);
    expect(places(faults(`${wrong}[sandbox]\r\n`))).toEqual(["10"]);
  });
});

test("a Buffer is also accepted", () => {
  expect(parseRepoConfig(Buffer.from("[sandbox]\nsize = 'small'"))).toMatchObject({
    config: { sandbox: { size: "small" } },
  });
});
