import { expect, test } from "@jest/globals";
import { tellFailures } from "../../../lambdas/ci/failed-checks.js";
import { failuresOfOthers } from "../../../lambdas/ci/failures-of-others.js";
import type { CommitReport } from "../../../lambdas/github/commit-reports.js";
import { RefusedRequestError } from "../../../lambdas/model/errors.js";
import { byteLength } from "../../../lambdas/text/bytes.js";

const report = (name: string, more: Partial<CommitReport> = {}): CommitReport => ({
  kind: "check_run",
  id: 1,
  name,
  app: { id: "99", slug: "some-ci" },
  isRunning: false,
  hasFailed: true,
  conclusion: "failure",
  url: `https://ci.example.com/${name}`,
  at: "2026-11-25T10:00:00.000Z",
  title: "",
  summary: "",
  annotations: 0,
  ...more,
});
const status = (name: string, more: Partial<CommitReport> = {}) =>
  report(name, { kind: "status", app: undefined, ...more });
const remarks = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    path: `src/${i}.ts`,
    start_line: i,
    annotation_level: i % 2 ? "failure" : "warning",
    title: null,
    message: `remark ${i}`,
  }));
const octokit = { rest: { checks: { listAnnotations: async () => ({ data: remarks(100) }) } } } as never;
const repository = { owner: "octo", name: "app" };

test("each failure is reported once, and check runs of GitHub Actions are left out", () => {
  const told = failuresOfOthers([
    report("build"),
    report("lint", { hasFailed: false }),
    report("job", { app: { id: "15368", slug: "github-actions" } }),
    status("BUILD"),
    status("ci/build", { url: "https://ci.example.com/build" }),
    // A status can contradict the check run of the same name. The check run counts, because it is the newer kind of report.
    status("lint"),
    status("", { url: "" }),
    status("deploy"),
  ]);
  expect(told.map(({ name }) => name)).toEqual(["build", "", "deploy"]);
});

test("a check run is reported with 50 annotations, failures first", async () => {
  const [check] = await tellFailures(octokit, repository, [report("build", { annotations: 230 })]);
  const lines = check?.text.split("\n") ?? [];
  expect(lines[0]).toBe("src/1.ts:1: failure: remark 1");
  expect(lines).toHaveLength(51);
  expect(lines.at(-1)).toBe("… and 180 more annotations.");
});

test("failures among many annotations are found on later pages, and a deleted check run is reported without annotations", async () => {
  const warnings = remarks(100).map((remark) => ({ ...remark, annotation_level: "warning" }));
  const listAnnotations = async ({ check_run_id: id, page }: { check_run_id: number; page: number }) => {
    if (id === 2) throw new RefusedRequestError("GitHub", 404, "GET /annotations", "Not Found");
    return { data: page === 3 ? remarks(10) : warnings };
  };
  const [check, gone] = await tellFailures({ rest: { checks: { listAnnotations } } } as never, repository, [
    report("build", { annotations: 210 }),
    report("gone", { id: 2, annotations: 1, title: "It broke" }),
  ]);
  expect(check?.text.split("\n")[4]).toBe("src/9.ts:9: failure: remark 9");
  expect(gone?.text).toBe("It broke");
});

test("secrets are redacted, even over several lines", async () => {
  const summary = `DB_PASSWORD=Tr0ub4dor-example\n-----BEGIN RSA PRIVATE KEY-----\n${"A".repeat(64)}\n-----END RSA PRIVATE KEY-----\nafter`;
  const [check] = await tellFailures(octokit, repository, [report("build", { summary })]);
  expect(check?.text).not.toMatch(/Tr0ub4dor|AAAA/);
  expect(check?.text).toContain("after");
});

test("all reports together stay within 48 KiB of text and the size of a state's input, and the last ones are only named", async () => {
  const many = Array.from({ length: 500 }, (_, i) => report(`check ${i}`, { summary: "é".repeat(30_000) }));
  const checks = await tellFailures(octokit, repository, many);
  expect(checks).toHaveLength(100);
  expect(checks.reduce((sum, { text }) => sum + byteLength(text), 0)).toBeLessThanOrEqual(48 * 1024);
  expect(checks.at(19)?.text).not.toBe("");
  expect(checks.at(20)).toMatchObject({ name: "check 20", text: "" });
  expect(byteLength(JSON.stringify(checks))).toBeLessThan(200 * 1024);
});
