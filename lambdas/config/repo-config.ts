import * as z from "zod/mini";
import { expectation } from "./expectation.js";
import { type Fault, type Finding, pathText } from "./fault.js";
import { brokenRules } from "./rules.js";
import { shape } from "./shape.js";
import { lineCount, readToml } from "./toml.js";
import { TomlLines } from "./toml-lines.js";
import { unknownKeys } from "./unknown-keys.js";

export { configPath } from "../model/config-path.js";
export type { Fault } from "./fault.js";

/** The settings with all defaults applied; `docs/repo-config.md` describes them. */
export type RepoConfig = z.output<typeof shape>;
export type ScheduledJob = RepoConfig["scheduled_jobs"][number];
export type FailedRunRule = RepoConfig["on_event"]["failed_run"][number];

/**
 * `warnings` are about unknown keys. These are allowed and have no effect, but a misspelled key may explain a fault.
 */
export type ParsedRepoConfig =
  | { config: RepoConfig; warnings: Fault[] }
  | { faults: Fault[]; warnings: Fault[] };

/**
 * The limit for faults, and for warnings. GitHub accepts this many annotations at once, and an execution's input must
 * stay small. The last one says how many were left out.
 */
const maxReported = 50;

/**
 * Parses the bytes of the file. Returns all faults at once, in the order of their lines. A fault in encoding, size or
 * syntax is reported alone. Never throws, and quotes no value of the file.
 */
export function parseRepoConfig(file: Uint8Array): ParsedRepoConfig {
  const document = readToml(file);
  if ("message" in document) {
    return { faults: [{ line: document.line, path: "", message: document.message }], warnings: [] };
  }
  const { text, root } = document;
  const result = z.safeParse(shape, root);
  const issues = result.error?.issues ?? [];
  const findings = document.findings
    .concat(brokenRules(root))
    .concat(issues.map((issue) => ({ path: issue.path, message: expectation(issue, root) })));
  const warnings = report(text, unknownKeys(shape, root));
  if (result.success && findings.length === 0) return { config: result.data, warnings };
  return { faults: report(text, firstOfEachPath(findings)), warnings };
}

/** For example, a schedule of four fields breaks the shape as well as a rule, which knows more; one fault is enough. */
function firstOfEachPath(findings: readonly Finding[]): Finding[] {
  const byPath = new Map<string, Finding>();
  for (const finding of findings) {
    const path = JSON.stringify(finding.path);
    if (!byPath.has(path)) byPath.set(path, finding);
  }
  return [...byPath.values()];
}

/** Finds the lines of faults, sorts by line and limits their number. */
function report(text: string, findings: readonly Finding[]): Fault[] {
  if (findings.length === 0) return [];
  const lines = new TomlLines(text);
  const last = lineCount(text);
  const all = findings
    .map(({ path, message }) => ({ line: Math.min(lines.lineOf(path), last), path: pathText(path), message }))
    .sort((a, b) => a.line - b.line);
  if (all.length <= maxReported) return all;
  const reported = all.slice(0, maxReported - 1);
  const line = all[reported.length]?.line ?? last;
  return [
    ...reported,
    { line, path: "", message: `${all.length - reported.length} more faults or warnings follow.` },
  ];
}
