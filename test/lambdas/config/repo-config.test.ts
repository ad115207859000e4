import { describe, expect, test } from "@jest/globals";
import { parseRepoConfig } from "../../../lambdas/config/repo-config.js";
import { bytes, faults, job, places, rule, settings, volume } from "./files.js";

const defaults = {
  sandbox: { size: "medium", docker: false, volumes: [] },
  harness: { provider: "claude_code" },
  scheduled_jobs: [],
  on_event: { failed_run: [] },
  ci: { ignore: [] },
};

describe("a missing key", () => {
  test.each([
    ["an empty file", ""],
    ["comments", "# nothing yet\n"],
    ["empty tables", "[sandbox]\n[harness]\n[on_event]\n"],
    ["empty lists", "scheduled_jobs = []\n[sandbox]\nvolumes = []\n[on_event]\nfailed_run = []\n"],
  ])("gets its default: %s", (_, toml) => {
    expect(settings(toml)).toEqual({ config: defaults, warnings: [] });
  });

  test("gets its default even if other keys beside it are set", () => {
    const { config } = settings(`[sandbox]\ndocker = true\n${volume('"/data"')}`);
    expect(config.sandbox).toEqual({
      size: "medium",
      docker: true,
      volumes: [{ path: "/data", size: "10Gi" }],
    });
  });

  test("stays undefined if it is optional", () => {
    const { config } = settings(job() + rule());
    expect(config.scheduled_jobs).toEqual([
      { name: "nightly", branch: "main", schedule: "0 3 * * *", prompt: "Go." },
    ]);
    expect(config.on_event.failed_run).toEqual([
      {
        workflows: ["CI"],
        branches: ["main"],
        events: ["push", "schedule", "merge_group", "workflow_dispatch"],
      },
    ]);
  });

  test("gets its own copy of the default", () => {
    settings("").config.scheduled_jobs.push({ name: "a", branch: "b", schedule: "c", prompt: "d" });
    expect(settings("").config).toEqual(defaults);
  });
});

describe("a value", () => {
  const wrong: [toml: string, place: string, message: RegExp][] = [
    ['[sandbox]\nsize = "tiny"', "2 sandbox.size", /`small`, `medium`, `large`/],
    ["[sandbox]\nsize = 3", "2 sandbox.size", /`small`/],
    ['[sandbox]\ndocker = "true"', "2 sandbox.docker", /`true` or `false`, without quotes/],
    ["[sandbox]\nvolumes = {}", "2 sandbox.volumes", /\[\[sandbox\.volumes\]\]/],
    ['[sandbox]\nvolumes = ["/data"]', "2 sandbox.volumes[0]", /table with a `path`/],
    [volume("1"), "2 sandbox.volumes[0].path", /in quotes/],
    [volume('"data"'), "2 sandbox.volumes[0].path", /absolute/],
    [volume('"/a/../b"'), "2 sandbox.volumes[0].path", /without `\.` and `\.\.`/],
    [volume('"/a/."'), "2 sandbox.volumes[0].path", /without `\.` and `\.\.`/],
    [volume('"//"'), "2 sandbox.volumes[0].path", /below `\/`/],
    [volume('"/a"') + volume('"/a/"'), "4 sandbox.volumes[1].path", /Another volume/],
    [volume('"/a"', "10"), "3 sandbox.volumes[0].size", /in quotes, such as `10Gi`/],
    [volume('"/a"', '"10"'), "3 sandbox.volumes[0].size", /unit/],
    ['harness = "codex"', "1 harness", /`\[harness\]`/],
    ['harness.provider = "Codex"', "1 harness.provider", /`claude_code`, `codex`/],
    ["[scheduled_jobs]\n", "1 scheduled_jobs", /`\[\[scheduled_jobs\]\]`, with two brackets/],
    [job({ name: '""' }), "2 scheduled_jobs[0].name", /at least 1 character\./],
    [job({ name: '" a"' }), "2 scheduled_jobs[0].name", /spaces/],
    [job({ name: '"a\\u0007b"' }), "2 scheduled_jobs[0].name", /control characters/],
    [job({ name: '"a\\u2028b"' }), "2 scheduled_jobs[0].name", /one line/],
    [rule({ workflows: '["a\\u2029b"]' }), "2 on_event.failed_run[0].workflows[0]", /one line/],
    [job({ name: `"${"a".repeat(61)}"` }), "2 scheduled_jobs[0].name", /at most 60 characters/],
    [job({ name: `"${"😀".repeat(61)}"` }), "2 scheduled_jobs[0].name", /at most 60 characters/],
    [job() + job({ name: '"NIGHTLY"' }), "7 scheduled_jobs[1].name", /Another job/],
    [job({ branch: '"refs/heads/main"' }), "3 scheduled_jobs[0].branch", /without `refs\/heads\/`/],
    [job({ branch: '"a b"' }), "3 scheduled_jobs[0].branch", /without spaces/],
    [job({ branch: '"a..b"' }), "3 scheduled_jobs[0].branch", /that git allows/],
    [job({ branch: '"feature/*"' }), "3 scheduled_jobs[0].branch", /without spaces and/],
    [job({ schedule: '"0 3 * *"' }), "4 scheduled_jobs[0].schedule", /five/],
    [job({ schedule: '"61 3 * * *"' }), "4 scheduled_jobs[0].schedule", /minute/],
    [job({ timezone: '"Mars/Olympus"' }), "6 scheduled_jobs[0].timezone", /IANA/],
    [job({ timezone: '"+01:00"' }), "6 scheduled_jobs[0].timezone", /IANA/],
    [job({ prompt: '" \\n "' }), "5 scheduled_jobs[0].prompt", /not blank/],
    [job({ prompt: '"\\u0000"' }), "5 scheduled_jobs[0].prompt", /control characters/],
    [job({ prompt: '"\\u001b[2J"' }), "5 scheduled_jobs[0].prompt", /control characters/],
    [job({ owner: '"@mona"' }), "6 scheduled_jobs[0].owner", /without `@`/],
    ["[[scheduled_jobs]]\nname = 'a'\nbranch = 'b'\nprompt = 'c'", "1 scheduled_jobs[0].schedule", /missing/],
    [rule({ workflows: '"CI"' }), "2 on_event.failed_run[0].workflows", /list/],
    [rule({ workflows: "[]" }), "2 on_event.failed_run[0].workflows", /at least 1 entry/],
    [rule({ workflows: '["CI",\n 3]' }), "3 on_event.failed_run[0].workflows[1]", /in quotes/],
    [rule({ branches: "[]" }), "3 on_event.failed_run[0].branches", /at least 1 entry/],
    [rule({ branches: '["!main"]' }), "3 on_event.failed_run[0].branches", /without a leading `!`/],
    [
      rule({ branches: '["refs/heads/main"]' }),
      "3 on_event.failed_run[0].branches[0]",
      /without `refs\/heads\/`/,
    ],
    [rule({ branches: '["main",\n"[a"]' }), "4 on_event.failed_run[0].branches[1]", /closed/],
    [rule({ events: "[]" }), "4 on_event.failed_run[0].events", /at least 1 entry/],
    [rule({ events: '["comment"]' }), "4 on_event.failed_run[0].events[0]", /`issue_comment`, /],
    [rule({ prompt_additions: '""' }), "4 on_event.failed_run[0].prompt_additions", /at least 1 character/],
    ["on_event = []", "1 on_event", /table/],
  ];
  test.each(wrong)(
    "that is invalid is reported with line, path and expectation: %j",
    (toml, place, message) => {
      const found = faults(toml);
      expect(places(found)).toEqual([place]);
      expect(found[0]?.message).toMatch(message);
    },
  );

  test.each([
    ["1979-05-27"],
    ["1979-05-27T07:32:00Z"],
    ["07:32:00"],
    ["99999999999999999999999999"],
    ["nan"],
    ["-inf"],
    ["[1, 'a', {}]"],
    ["{ a = 1 }"],
  ])("of another type is a fault where a text, a table or a list is expected: %s", (value) => {
    const toml = [
      `sandbox = ${value}`,
      `harness = { provider = ${value} }`,
      job({ name: value, branch: value, schedule: value, prompt: value, timezone: value, owner: value }),
      `[[on_event.failed_run]]\nworkflows = [${value}]\nbranches = [${value}]`,
    ].join("\n");
    // An unknown key in a table is not a fault.
    const table = value.startsWith("{") ? [] : ["1 sandbox"];
    const keys = ["name", "branch", "schedule", "prompt", "timezone", "owner"];
    expect(places(faults(toml))).toEqual([
      ...table,
      "2 harness.provider",
      ...keys.map((key, index) => `${index + 4} scheduled_jobs[0].${key}`),
      "12 on_event.failed_run[0].workflows[0]",
      "13 on_event.failed_run[0].branches[0]",
    ]);
  });

  test("that is invalid does not hide other faults; they are sorted by line", () => {
    const toml = `${job({ schedule: '"never"' })}${rule({ branches: '["["]' })}[sandbox]\nsize = "tiny"\ndocker = 1\n`;
    expect(places(faults(toml))).toEqual([
      "4 scheduled_jobs[0].schedule",
      "8 on_event.failed_run[0].branches[0]",
      "10 sandbox.size",
      "11 sandbox.docker",
    ]);
  });

  test("that is text keeps its lines and has LF line ends, even in a file with CRLF", () => {
    const toml = job({ prompt: '"""\nOne\n\tTwo\n"""' }).replaceAll("\n", "\r\n");
    expect(settings(toml).config.scheduled_jobs[0]?.prompt).toBe("One\n\tTwo\n");
  });

  test.each([
    ["europe/berlin", "Europe/Berlin"],
    ["Europe/Kyiv", "Europe/Kyiv"],
    ["Asia/Kolkata", "Asia/Kolkata"],
    ["Asia/Ho_Chi_Minh", "Asia/Ho_Chi_Minh"],
    ["UTC", "UTC"],
    ["America/Argentina/Buenos_Aires", "America/Buenos_Aires"],
    ["Etc/GMT+5", "Etc/GMT+5"],
  ])("that is a time zone gets a name that Scheduler and Intl share: %s", (written, name) => {
    const [found] = settings(job({ timezone: `"${written}"` })).config.scheduled_jobs;
    // Versions of Intl disagree on which of two names of a zone is the current one.
    expect([name, written]).toContain(found?.timezone);
  });
});

describe("an unknown key", () => {
  test("is allowed anywhere and reported with its line and path", () => {
    const toml = `top = 1\n[sandbox]\ngpu.count = 2\n${job({ retries: "3" })}[unknown.table]\na = 1\n`;
    const { config, warnings } = settings(toml);
    expect(config.scheduled_jobs).toHaveLength(1);
    expect(places(warnings)).toEqual(["1 top", "3 sandbox.gpu", "9 scheduled_jobs[0].retries", "10 unknown"]);
    expect(warnings[1]?.message).toContain("`docker`");
  });

  test("that misspells a required one is reported next to the fault", () => {
    const parsed = parseRepoConfig(bytes(job().replace("\nschedule", "\nshedule")));
    expect(parsed).toMatchObject({
      faults: [{ line: 1, path: "scheduled_jobs[0].schedule" }],
      warnings: [{ line: 4, path: "scheduled_jobs[0].shedule" }],
    });
  });

  test("is escaped wherever it is shown", () => {
    const name = `"\`@all\`\\u202e<b>\\u001b\\n${"x".repeat(100)}"`;
    const [warning] = settings(`${name} = 1`).warnings;
    expect(warning?.path).toBe(
      `"\\u0060\\u0040all\\u0060\\u202e\\u003cb\\u003e\\u001b\\u000a${"x".repeat(28)}…"`,
    );
  });
});

describe("too many faults", () => {
  test("are cut after forty-nine, followed by the number of the others", () => {
    const list = Array.from({ length: 200 }, (_, index) => `k${index} = 1`).join("\n");
    const { warnings } = settings(list);
    expect(warnings).toHaveLength(50);
    expect(warnings[49]).toEqual({ line: 50, path: "", message: expect.stringContaining("151 more") });
    expect(faults(rule({ workflows: `[${"1,".repeat(50)}]` }).repeat(50))).toHaveLength(50);
  });

  test("stay small, even if their paths are long", () => {
    const name = "k".repeat(60_000);
    const { warnings } = settings(`${name} = 1`);
    expect(JSON.stringify(warnings).length).toBeLessThan(1_000);
  });
});
