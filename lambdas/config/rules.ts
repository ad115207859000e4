import { translateCron } from "../schedules/cron.js";
import { parseBranchPattern } from "./branch-pattern.js";
import type { Finding, Path } from "./fault.js";
import { unknownTimeZone } from "./shape.js";
import { ianaName } from "./time-zone.js";
import type { Table } from "./toml.js";

/**
 * The rules that the shape cannot express, about values that another module parses or that must be unique. They check the
 * file itself, not zod's output, so all faults are found at once.
 */
export function brokenRules(root: Table): Finding[] {
  const jobs = tablesAt(root, ["scheduled_jobs"]);
  const volumes = tablesAt(root, ["sandbox", "volumes"]);
  const rules = tablesAt(root, ["on_event", "failed_run"]);
  return [
    ...twice(jobs, "name", sameName, "Another job has this name; case does not matter. Choose another name."),
    ...twice(volumes, "path", samePath, "Another volume has this path. Choose another path."),
    ...faults(jobs, "schedule", scheduleFault),
    ...faults(jobs, "timezone", timezoneFault),
    ...faults(jobs, "branch", branchFault),
    ...faults(volumes, "path", volumePathFault),
    ...rules.flatMap(branchPatternFaults),
  ];
}

/** A table of the file, with its path. */
interface Place {
  path: Path;
  table: object;
}

function tablesAt(root: Table, path: readonly string[]): Place[] {
  let value: unknown = root;
  for (const key of path) value = isTable(value) ? Reflect.get(value, key) : undefined;
  if (!Array.isArray(value)) return [];
  return value.flatMap((table: unknown, index) =>
    isTable(table) ? [{ path: [...path, index], table }] : [],
  );
}

function isTable(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Faults of one key in each of the tables. The shape reports values that are not text. */
function faults(
  places: readonly Place[],
  key: string,
  faultOf: (text: string) => string | undefined,
): Finding[] {
  return places.flatMap(({ path, table }) => {
    const value: unknown = Reflect.get(table, key);
    const message = typeof value === "string" && value !== "" ? faultOf(value) : undefined;
    return message === undefined ? [] : [{ path: [...path, key], message }];
  });
}

/** A finding for each table that repeats the text of an earlier one. */
function twice(
  places: readonly Place[],
  key: string,
  identity: (text: string) => string,
  message: string,
): Finding[] {
  const seen = new Set<string>();
  return faults(places, key, (text) => {
    const id = identity(text);
    if (seen.has(id)) return message;
    seen.add(id);
    return undefined;
  });
}

const sameName = (name: string) => name.normalize("NFKC").toLowerCase();
const samePath = (path: string) => path.replace(/[/]+/g, "/").replace(/(?<=.)[/]$/, "");

function scheduleFault(schedule: string): string | undefined {
  const translation = translateCron(schedule);
  return "fault" in translation ? translation.fault : undefined;
}

function timezoneFault(timezone: string): string | undefined {
  return ianaName(timezone) === undefined ? unknownTimeZone : undefined;
}

/** https://git-scm.com/docs/git-check-ref-format */
function branchFault(branch: string): string | undefined {
  if (branch.startsWith("refs/")) return "Expected the name of a branch alone, without `refs/heads/`.";
  const isName = !/^[-/]|[/]$|\.$|[/][/]|\.\.|@\{|^@$|(^|[/])\.|\.lock([/]|$)/.test(branch);
  return isName ? undefined : "Expected a branch name that git allows, such as `main`.";
}

function volumePathFault(path: string): string | undefined {
  if (path.split("/").some((part) => part === ".." || part === ".")) {
    return "Expected a path without `.` and `..`.";
  }
  return /^[/]+$/.test(path) ? "Expected a folder below `/`." : undefined;
}

function branchPatternFaults({ path, table }: Place): Finding[] {
  const patterns: unknown = Reflect.get(table, "branches");
  if (!Array.isArray(patterns)) return [];
  const found: Finding[] = [];
  let lacksIncluding = patterns.length > 0;
  for (const [index, text] of patterns.entries()) {
    const pattern = typeof text === "string" && text !== "" ? parseBranchPattern(text) : undefined;
    if (pattern && "fault" in pattern) {
      found.push({ path: [...path, "branches", index], message: pattern.fault });
    }
    if (!pattern || "fault" in pattern || !pattern.excludes) lacksIncluding = false;
  }
  if (!lacksIncluding) return found;
  return [{ path: [...path, "branches"], message: "Expected at least one pattern without a leading `!`." }];
}
