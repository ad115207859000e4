import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Fault, parseRepoConfig } from "../../../lambdas/config/repo-config.js";
import { normalisedVolumeSize } from "../../../lambdas/config/volume-size.js";
import { anyCharacter } from "../../any-character.js";
import { anyToml, brokenToml, secret } from "./any-file.js";
import { bytes, settings, volume } from "./files.js";

/** The faults and warnings of a file, whose form is checked here. */
function told(file: Uint8Array): { faults: Fault[] | undefined; all: Fault[] } {
  const parsed = parseRepoConfig(file);
  const faults = "faults" in parsed ? parsed.faults : undefined;
  if (faults) expect(faults).not.toEqual([]);
  const all = [...(faults ?? []), ...parsed.warnings];
  const lines = Buffer.from(file).toString("latin1").replace(/\n$/, "").split("\n").length;
  const isInOrder = ({ line, path, message }: Fault) =>
    Number.isInteger(line) &&
    line >= 1 &&
    line <= lines &&
    /^[^\n`<>@]{0,300}$/u.test(path) &&
    /^(`|[A-Z0-9])[^\n]+\.$/.test(message);
  expect(all.filter((fault) => !isInOrder(fault))).toEqual([]);
  return { faults, all };
}

describe("any file", () => {
  test("that is valid TOML gives settings, or faults that have a line of the file and quote no value", () => {
    let right = 0;
    fc.assert(
      fc.property(anyToml, (toml) => {
        const { faults, all } = told(bytes(toml));
        if (!faults) right++;
        expect(JSON.stringify(all)).not.toContain(secret);
      }),
      { numRuns: 300 },
    );
    expect(right).toBeGreaterThan(0);
  });

  test("that is almost TOML does the same", () => {
    fc.assert(
      fc.property(brokenToml, (toml) => {
        // A cut can turn a value into a key, and faults quote keys.
        const messages = told(bytes(toml)).all.map(({ message }) => message);
        expect(messages.join("\n")).not.toContain(secret);
      }),
      { numRuns: 300 },
    );
  });

  test("of any characters or bytes does the same", () => {
    const characters = fc.string({ unit: anyCharacter, size: "medium" }).map(bytes);
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ size: "medium" }), characters), (file) => void told(file)),
      { numRuns: 300 },
    );
  });

  test("gives all settings, even if it leaves some out", () => {
    fc.assert(
      fc.property(anyToml, (toml) => {
        const parsed = parseRepoConfig(bytes(toml));
        if ("faults" in parsed) return;
        const { sandbox, harness, scheduled_jobs, on_event } = parsed.config;
        expect(["small", "medium", "large"]).toContain(sandbox.size);
        expect(typeof sandbox.docker).toBe("boolean");
        for (const { path, size } of sandbox.volumes) {
          expect(path).toMatch(/^[/]./);
          expect(size).toMatch(/^[1-9][0-9]*[KMGT]i$/);
        }
        expect(["claude_code", "codex"]).toContain(harness.provider);
        for (const job of scheduled_jobs) {
          expect(Object.values(job).every((value) => typeof value === "string" && value !== "")).toBe(true);
        }
        for (const rule of on_event.failed_run)
          expect(rule.workflows.length * rule.branches.length).toBeGreaterThan(0);
        // It is plain data: JSON does not change it.
        expect(JSON.parse(JSON.stringify(parsed.config))).toEqual(parsed.config);
      }),
      { numRuns: 200 },
    );
  });

  test("gives the same result with CRLF line ends and with a byte order mark", () => {
    fc.assert(
      fc.property(anyToml, (toml) => {
        fc.pre(!toml.includes("\r"));
        const plain = parseRepoConfig(bytes(toml));
        expect(parseRepoConfig(bytes(toml.replaceAll("\n", "\r\n")))).toEqual(plain);
        expect(parseRepoConfig(bytes(`\ufeff${toml}`))).toEqual(plain);
      }),
      { numRuns: 100 },
    );
  });
});

describe("the size of a volume", () => {
  const units = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };
  const unit = fc.constantFrom("K", "M", "G", "T");
  const written = fc.record({
    amount: fc.integer({ min: 1, max: 20_000_000_000 }),
    unit,
    rest: fc.constantFrom("", "i", "b", "ib", "I", "B", "iB", "IB"),
    isSmall: fc.boolean(),
    blank: fc.constantFrom("", " "),
  });

  test("gets a binary unit and keeps its number, if it is in range", () => {
    fc.assert(
      fc.property(written, ({ amount, unit, rest, isSmall, blank }) => {
        const text = `${amount}${blank}${isSmall ? unit.toLowerCase() : unit}${rest}`;
        const bytes = amount * units[unit];
        const isWithin = bytes < 2 ** 63;
        expect(normalisedVolumeSize(text)).toBe(isWithin ? `${amount}${unit}i` : undefined);
      }),
    );
  });

  test.each(["1K", "64ki", "512kb", "20T", "8388607Ti"])("may be small or large: %s", (size) => {
    expect(normalisedVolumeSize(size)).toBe(
      `${size.slice(0, size.search(/\D/))}${/[kt]/i.exec(size)?.[0].toUpperCase()}i`,
    );
  });

  test("has several spellings", () => {
    for (const size of ["10Gi", "10gb", "10GB", "10G", "10gi", "10GiB", "10 GB", "10 g"]) {
      expect(settings(volume('"/data"', `"${size}"`)).config.sandbox.volumes).toEqual([
        { path: "/data", size: "10Gi" },
      ]);
    }
  });

  test.each([
    "",
    "10",
    "G",
    "0G",
    "010G",
    "-1G",
    "+1G",
    "1.5G",
    "1,5G",
    "1e3G",
    "10  G",
    " 10G",
    "10G ",
    "10\tG",
    "10Gx",
    "10P",
    "10 Gigabytes",
    "10GG",
    "10iG",
    "10bi",
    "١٠G",
    "8388608T",
    "99999999999999G",
    "NaNG",
    "0x1G",
  ])("is a fault if it is not a size, or out of range: %j", (size) => {
    expect(normalisedVolumeSize(size)).toBeUndefined();
    expect(parseRepoConfig(bytes(volume('"/data"', JSON.stringify(size))))).toMatchObject({
      faults: [{ line: 3, path: "sandbox.volumes[0].size" }],
    });
  });
});
