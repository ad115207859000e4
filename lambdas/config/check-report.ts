import type { Annotation, CheckReport } from "../github/check-runs.js";
import { configPath } from "../model/config-path.js";
import { oneLine } from "../text/clean.js";
import { limits, shortened } from "../text/limits.js";
import { configSummary, cutSummary } from "./config-summary.js";
import type { ConfigStandings } from "./job-standing.js";
import type { ConfigState } from "./read-config.js";
import type { Fault, RepoConfig } from "./repo-config.js";

/** Name of the check run, also shown on pull requests. */
export const checkName = "coder-task-relay / config";

/** The `external_id` of the check run. Each commit has one with this id. */
export const checkExternalId = "repo-config";

/** The content of a commit's check run: whether the config is valid, and who its jobs and failed runs work as. */
export function checkReport(state: ConfigState, standings: ConfigStandings): CheckReport {
  return { name: checkName, externalId: checkExternalId, ...textsOf(state, standings) };
}

function textsOf(state: ConfigState, standings: ConfigStandings): Omit<CheckReport, "name" | "externalId"> {
  switch (state.state) {
    case "absent":
      return {
        conclusion: "neutral",
        title: "There is no config: the defaults apply",
        summary: `This commit has no \`${configPath}\`. On the default branch this means: new tasks use the defaults, no job is scheduled, and failed runs start no work.`,
        annotations: [],
      };
    case "invalid": {
      const { faults, warnings } = state;
      return {
        conclusion: "failure",
        title: `The config has ${counted(faults.length, "fault")}`,
        summary: cutSummary(
          [
            `Nothing of \`${configPath}\` applies until this is fixed. On the default branch this means: no task is created, and the schedules stay as they are.`,
            faultList(faults),
            ...(warnings.length > 0 ? ["### Warnings", faultList(warnings)] : []),
          ].join("\n\n"),
        ),
        annotations: [...annotations(faults, "failure"), ...annotations(warnings, "warning")],
      };
    }
    case "valid": {
      const { config, warnings } = state;
      const found = warnings.length > 0 ? `, with ${counted(warnings.length, "warning")}` : "";
      const refused = refusals(config, standings);
      return {
        conclusion: refused === "" ? "success" : "failure",
        title: `The config is valid${found}${refused === "" ? "" : `, but ${refused}`}`,
        summary: configSummary(config, standings, warnings.length > 0 ? faultList(warnings) : ""),
        annotations: annotations(warnings, "warning"),
      };
    }
  }
}

/** The parts of a valid config that cannot run because nobody may own their work. */
function refusals(config: RepoConfig, { jobs, failedRuns }: ConfigStandings): string {
  const refused = config.scheduled_jobs.filter(({ name }) => jobs.get(name)?.as === "nobody").length;
  const areRunsRefused = config.on_event.failed_run.length > 0 && failedRuns.as === "nobody";
  const parts = [
    ...(refused > 0 ? [`${counted(refused, "job")} cannot run`] : []),
    ...(areRunsRefused ? ["failed runs start no work"] : []),
  ];
  return parts.join(" and ");
}

/** Faults are safe to show, because the parser leaves out values, escapes keys and limits their number. */
function faultList(faults: readonly Fault[]): string {
  return faults
    .map(({ line, path, message }) => `- Line ${line}${path === "" ? "" : `, \`${path}\``}: ${message}`)
    .join("\n");
}

function annotations(faults: readonly Fault[], level: Annotation["annotation_level"]): Annotation[] {
  return faults.map(({ line, path, message }) => ({
    path: configPath,
    start_line: line,
    end_line: line,
    annotation_level: level,
    title: oneLine(path, limits.gitHub.annotationTitle) || "The file",
    message: shortened(message, limits.gitHub.annotationMessage),
  }));
}

function counted(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}
