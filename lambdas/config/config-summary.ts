import { configPath } from "../model/config-path.js";
import { byteLength } from "../text/bytes.js";
import { codeSpan } from "../text/code-span.js";
import { cutToLimit, fits, limits } from "../text/limits.js";
import type { ConfigStandings, ExpectedStanding } from "./job-standing.js";
import type { FailedRunRule, RepoConfig, ScheduledJob } from "./repo-config.js";

const cutMark = "\n\n… The rest is left out: it is too long for this page.";

const nameLength = 100;
const promptLength = 200;

/** How many entries of a list are shown. The page links to the file. */
const shownEntries = 20;

const providers: Readonly<Record<string, string>> = { claude_code: "Claude Code", codex: "Codex" };

/**
 * The settings that apply once this config is on the default branch, as Markdown. `warnings` is a Markdown list, or
 * empty.
 */
export function configSummary(config: RepoConfig, standings: ConfigStandings, warnings: string): string {
  const { sandbox, harness, scheduled_jobs: jobs, on_event: onEvent } = config;
  const parts = [
    `The settings in \`${configPath}\`, once it is on the default branch:`,
    ...section("Warnings", warnings === "" ? [] : [warnings]),
    ...section("Every task", [
      `- Size: ${codeSpan(sandbox.size, nameLength)}`,
      `- Docker: ${sandbox.docker ? "yes" : "no"}`,
      `- Volumes: ${sandbox.volumes.length === 0 ? "none besides the template's" : list(sandbox.volumes, ({ path, size }) => `${codeSpan(path, nameLength)} (${codeSpan(size, nameLength)})`)}`,
      `- Harness: ${providers[harness.provider] ?? codeSpan(harness.provider, nameLength)}`,
    ]),
    ...section(
      "Scheduled jobs",
      jobs.length === 0 ? ["None."] : jobs.map((job) => jobLine(job, standings.jobs.get(job.name))),
    ),
    ...section(
      "Failed runs that start work",
      onEvent.failed_run.length === 0
        ? ["None."]
        : [...onEvent.failed_run.map(ruleLine), `- The agent works on them ${asWhom(standings.failedRuns)}`],
    ),
  ];
  return cutSummary(parts.join("\n"));
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", `### ${title}`, "", ...lines];
}

function jobLine(
  { name, branch, schedule, timezone, prompt }: ScheduledJob,
  standing: ExpectedStanding | undefined,
): string {
  const zone = timezone === undefined ? "UTC" : codeSpan(timezone, nameLength);
  return [
    `- ${codeSpan(name, nameLength)}: at ${codeSpan(schedule, nameLength)} (${zone}), on the branch ${codeSpan(branch, nameLength)}. It works ${asWhom(standing)}`,
    `  Prompt: ${codeSpan(prompt, promptLength)}`,
  ].join("\n");
}

/** The end of a sentence. It doesn't name a Coder user, because the page may be public. */
function asWhom(standing: ExpectedStanding = { as: "pusher" }): string {
  switch (standing.as) {
    case "person":
      return `as ${codeSpan(standing.person.login, nameLength)}.`;
    case "service":
      return "as the service user.";
    case "nobody":
      return `as nobody, so it does not run: ${standing.reason}`;
    case "pusher":
      return "as the person who pushes it to the default branch.";
  }
}

function ruleLine({ workflows, branches, events, prompt_additions: additions }: FailedRunRule): string {
  const span = (text: string) => codeSpan(text, nameLength);
  const more = additions === undefined ? "" : `\n  Additional prompt: ${codeSpan(additions, promptLength)}`;
  return `- The workflows ${list(workflows, span)} on the branches ${list(branches, span)}, started by ${list(events, span)}.${more}`;
}

function list<Entry>(entries: readonly Entry[], toText: (entry: Entry) => string): string {
  const shown = entries.slice(0, shownEntries).map(toText).join(", ");
  const left = entries.length - shownEntries;
  return left > 0 ? `${shown} and ${left} more` : shown;
}

/** The summary of a check run within GitHub's limit, cut at the end of a line so that no code span is left open. */
export function cutSummary(summary: string): string {
  const limit = limits.gitHub.checkRunSummary;
  if (fits(summary, limit)) return summary;
  const start = cutToLimit(summary, { ...limit, max: limit.max - byteLength(cutMark) });
  return `${start.slice(0, start.lastIndexOf("\n"))}${cutMark}`;
}
