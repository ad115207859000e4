import { describe, expect, test } from "@jest/globals";
import { checkReport } from "../../../lambdas/config/check-report.js";
import type { ConfigStandings, ExpectedStanding } from "../../../lambdas/config/job-standing.js";
import type { ConfigState } from "../../../lambdas/config/read-config.js";
import { parseRepoConfig } from "../../../lambdas/config/repo-config.js";
import { codeSpan } from "../../../lambdas/text/code-span.js";
import { job, rule } from "./files.js";

function stateOf(toml: string): ConfigState {
  const parsed = parseRepoConfig(Buffer.from(toml));
  return "faults" in parsed ? { state: "invalid", ...parsed } : { state: "valid", ...parsed };
}

const service = { as: "service" } as const;
const reportOf = (toml: string, standings: Partial<ConfigStandings> = {}) =>
  checkReport(stateOf(toml), { jobs: new Map(), failedRuns: service, ...standings });

describe("the check run of a valid config", () => {
  test("lists everything that applies", () => {
    const report = reportOf(
      `
      [sandbox]
      size = "large"
      docker = true
      volumes = [{ path = "/var/lib/data", size = "20gb" }]
      [harness]
      provider = "codex"
      [[scheduled_jobs]]
      name = "nightly"
      branch = "main"
      schedule = "0 5 * * 1-5"
      timezone = "Europe/Berlin"
      owner = "mona"
      prompt = "Update the dependencies"
      [[on_event.failed_run]]
      workflows = ["CI", "Release"]
      branches = ["main", "release/*"]
      events = ["push", "release"]
      prompt_additions = "Look at the lock file first"
    `,
      { jobs: new Map([["nightly", { as: "person", person: { login: "mona" } }]]) },
    );
    expect(report).toMatchObject({
      name: "coder-task-relay / config",
      conclusion: "success",
      title: "The config is valid",
      annotations: [],
    });
    for (const text of [
      "- Size: `large`",
      "- Docker: yes",
      "- Volumes: `/var/lib/data` (`20Gi`)",
      "- Harness: Codex",
      "- `nightly`: at `0 5 * * 1-5` (`Europe/Berlin`), on the branch `main`. It works as `mona`.",
      "  Prompt: `Update the dependencies`",
      "- The workflows `CI`, `Release` on the branches `main`, `release/*`, started by `push`, `release`.",
      "  Additional prompt: `Look at the lock file first`",
      "- The agent works on them as the service user.",
    ]) {
      expect(report.summary.split("\n")).toContain(text);
    }
  });

  test("says what cannot run, and how to fix it", () => {
    const nobody = { as: "nobody", reason: "Ask an operator." } as const;
    const jobs = new Map<string, ExpectedStanding>([
      ["one", nobody],
      ["two", service],
    ]);
    const { conclusion, title, summary } = reportOf(
      `${job({ name: '"one"' })}${job({ name: '"two"' })}${job({ name: '"three"' })}${rule()}`,
      {
        jobs,
        failedRuns: nobody,
      },
    );
    expect(conclusion).toBe("failure");
    expect(title).toBe("The config is valid, but 1 job cannot run and failed runs start no work");
    expect(summary).toMatch(/`one`.*It works as nobody, so it does not run: Ask an operator\./);
    expect(summary).toMatch(/`two`.*It works as the service user\./);
    expect(summary).toMatch(/`three`.*It works as the person who pushes it to the default branch\./);
    expect(summary).toContain("The agent works on them as nobody, so it does not run: Ask an operator.");
  });

  test("lists the defaults of an empty file", () => {
    const { summary, conclusion } = reportOf("");
    expect(conclusion).toBe("success");
    expect(summary).toMatch(/Size: `medium`[\s\S]*Docker: no[\s\S]*Claude Code[\s\S]*None\.[\s\S]*None\./);
  });

  test("lists warnings, each with an annotation on its line", () => {
    const { title, summary, conclusion, annotations } = reportOf(
      '[sandbox]\nsize = "small"\nsizes = "big"\n',
    );
    expect({ title, conclusion }).toEqual({
      title: "The config is valid, with 1 warning",
      conclusion: "success",
    });
    expect(summary).toContain("- Line 3, `sandbox.sizes`: ");
    expect(annotations).toEqual([
      {
        path: ".code-factory/config.toml",
        start_line: 3,
        end_line: 3,
        annotation_level: "warning",
        title: "sandbox.sizes",
        message: expect.stringMatching(/\S/),
      },
    ]);
  });

  test("turns nothing in the file into a mention, a link, HTML or the end of a code span", () => {
    const evil = "x` @everyone <img src=x onerror=y> [a](https://evil.example) ``` ![b](c)";
    const { summary } = reportOf(`
      [[scheduled_jobs]]
      name = "a @octocat <b> https://evil.example"
      branch = "main"
      schedule = "@daily"
      prompt = ${JSON.stringify(`${evil}\n# Title\n- item`)}
      [[on_event.failed_run]]
      workflows = [${JSON.stringify(evil)}]
      branches = ["main"]
    `);
    const outside = withoutCode(summary);
    expect(summary).toContain("@everyone");
    for (const text of ["everyone", "octocat", "evil", "<", "](", "# Title", "@daily"]) {
      expect(outside).not.toContain(text);
    }
  });

  test("stays below GitHub's limit and is cut at the end of a line", () => {
    // An invisible character of three bytes is shown as eight letters.
    const names = `[${Array.from({ length: 20 }, () => `"${"\u202e".repeat(13)}"`)}]`;
    const rule = `[[on_event.failed_run]]\nworkflows = ${names}\nbranches = ${names}\n`;
    const { summary, conclusion } = reportOf(rule.repeat(30));
    expect(conclusion).toBe("success");
    // GitHub counts bytes, although its documentation says characters.
    expect(Buffer.byteLength(summary)).toBeGreaterThan(60_000);
    expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(65_535);
    expect(summary).toContain("… The rest is left out");
    expect(withoutCode(summary)).not.toMatch(/`|202E/);
  });
});

describe("the check run of an invalid config", () => {
  test("has an annotation on each faulty line and quotes no value", () => {
    const { conclusion, title, summary, annotations } = reportOf(
      '[sandbox]\nsize = "the-secret"\ndocker = "the-secret"\nunknown = "the-secret"\n',
    );
    expect({ conclusion, title }).toEqual({ conclusion: "failure", title: "The config has 2 faults" });
    expect(annotations).toMatchObject([
      { start_line: 2, annotation_level: "failure", title: "sandbox.size" },
      { start_line: 3, annotation_level: "failure", title: "sandbox.docker" },
      { start_line: 4, annotation_level: "warning", title: "sandbox.unknown" },
    ]);
    expect(summary).toMatch(/- Line 2, `sandbox.size`: [\s\S]*- Line 3[\s\S]*### Warnings[\s\S]*- Line 4/);
    expect(JSON.stringify([summary, annotations])).not.toContain("the-secret");
  });

  test("reports a file that is not TOML on its first line", () => {
    expect(reportOf("[sandbox\n")).toMatchObject({
      conclusion: "failure",
      title: "The config has 1 fault",
      annotations: [{ start_line: 1, title: "The file" }],
    });
  });
});

test("the check run of a commit without a config is neutral, and says what that means", () => {
  expect(checkReport({ state: "absent" }, { jobs: new Map(), failedRuns: service })).toMatchObject({
    conclusion: "neutral",
    title: expect.stringContaining("defaults"),
    annotations: [],
  });
});

test.each([
  ["plain", "`plain`"],
  ["a ` b", "``a ` b``"],
  ["`a`", "`` `a` ``"],
  ["a `` b ` c", "```a `` b ` c```"],
  ["two\nlines", "`two lines`"],
  ["a\u202eb", "`a⟨U+202E⟩b`"],
  ["  ", "(empty)"],
  ["12345678901", "`123456789…`"],
])("%j is shown as %s", (text, shown) => {
  expect(codeSpan(text, 10 + (text.length < 11 ? 10 : 0))).toBe(shown);
});

/** The Markdown without its code spans (https://spec.commonmark.org/0.31.2/#code-spans). */
function withoutCode(markdown: string): string {
  return markdown.replace(/(?<!`)(`+)(?!`)([\s\S]*?[^`])\1(?!`)/g, "");
}
