import { CommandError } from "../frame/exit.js";
import { type Column, table } from "../frame/table.js";
import type { Terminal } from "../frame/terminal.js";
import { age } from "../frame/time.js";
import type { Run, Standing, Waiting } from "../operations/standing.js";
import { relayCommand } from "../program/command.js";
import type { Session } from "../program/session.js";

export const status = ({ terminal, enter }: Session) =>
  relayCommand("status", {
    summary: "Show what is running, waiting or has failed",
    details:
      "For one issue or job, also shows the inputs that are waiting for its agent, its runs and its pages. Work that has ended is shown only by name, or with --all.",
    examples: ["status", "status octo/app", "status octo/app#7", 'status "octo/app job nightly" --json'],
  })
    .argument("[work]", "owner/repo, owner/repo#7, or another name that status lists")
    .option("--all", "also show work that has ended")
    .action(async (name, { all, ...target }) => {
      if (name?.match(/[/]/) === null) {
        throw new CommandError(
          "usage",
          `"${name}" is not the name of any work. Expected owner/repo, owner/repo#7, or another name that status lists.`,
        );
      }
      const deployment = await enter(target);
      const { findWork, findWorks } = await import("../operations/works.js");
      const { isCurrent, overview, runsOf, standingOf } = await import("../operations/standing.js");
      if (name?.match(/[# ]/)) {
        const work = await terminal.during("Reading the records", findWork(name));
        const looking = Promise.all([standingOf(work), runsOf(deployment, work)]);
        const [standing, runs] = await terminal.during("Reading the inbox and the runs", looking);
        terminal.result({ ...standing, runs }, details(standing, runs, terminal));
        return;
      }
      const works = await terminal.during("Reading the records", findWorks(name));
      const shown = all ? works : works.filter(isCurrent);
      const standings = await terminal.during("Reading the inboxes", overview(shown));
      const work = `work${name ? ` of ${name}` : ""}`;
      const none = all
        ? `There is no ${work} in ${deployment.title}.`
        : `There is no current ${work} in ${deployment.title}; --all also shows work that has ended.`;
      terminal.result(
        standings,
        standings.length === 0 ? none : table(standings, columns(terminal), terminal.width),
      );
    });

const columns = (terminal: Terminal): Column<Standing>[] => [
  { title: "WORK", value: ({ work }) => work },
  { title: "STATE", value: (standing) => coloured(standing, terminal) },
  { title: "SINCE", value: ({ since }) => since && age(since) },
  { title: "WAITING", value: ({ waiting }) => summary(waiting) },
  { title: "OWNER", value: ({ owner }) => owner },
  { title: "AGENT OR REASON", value: pageOrReason, isWhole: true },
];

/** The agent's page; if somebody has to act, the reason. */
function pageOrReason({ state, agent, detail }: Standing): string | undefined {
  return state === "failed" || state === "refused" ? (detail ?? agent) : (agent ?? detail);
}

const colours = { failed: "red", refused: "yellow", running: "green", waiting: "cyan" } as const;

function coloured({ state }: Standing, terminal: Terminal): string | undefined {
  return state && state in colours ? terminal.style(colours[state as keyof typeof colours], state) : state;
}

/** `3, for 5 min`. */
function summary(waiting: Waiting[]): string {
  const oldest = Math.min(...waiting.map(({ since }) => since.getTime()));
  return waiting.length === 0 ? "0" : `${waiting.length}, for ${age(new Date(oldest))}`;
}

function details(standing: Standing, runs: Run[], terminal: Terminal): string {
  const { work, since, issue, agent, owner, detail, reference, waiting, wanted } = standing;
  const rows: [string, string | undefined][] = [
    ["State", coloured(standing, terminal)],
    ["Wanted", `${wanted ? "yes" : "no"}${since ? `, for ${age(since)}` : ""}`],
    ["Issue", issue],
    ["Agent", agent],
    ["Owner", owner],
    ["Reason", detail],
    ["Reference", reference],
  ];
  return [
    terminal.style("bold", work),
    ...rows.flatMap(([title, value]) => (value ? [`  ${title.padEnd(10)} ${value}`] : [])),
    "",
    waiting.length === 0 ? "Nothing waits for the agent." : table(waiting, waitingColumns, terminal.width),
    "",
    runs.length === 0 ? "No runs are known." : table(runs, runColumns, terminal.width),
  ].join("\n");
}

export const waitingColumns: Column<Waiting>[] = [
  { title: "WAITS FOR", value: ({ since }) => age(since) },
  { title: "ID", value: ({ id }) => id },
  { title: "FROM", value: ({ from }) => from },
  { title: "PAGE", value: ({ url }) => url, isWhole: true },
];

const runColumns: Column<Run>[] = [
  { title: "STARTED", value: ({ startedAt }) => startedAt && `${age(startedAt)} ago` },
  { title: "STATUS", value: ({ status }) => status },
  { title: "RUN", value: ({ name }) => name, isWhole: true },
];
