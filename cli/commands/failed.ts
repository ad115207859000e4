import { type Column, table } from "../frame/table.js";
import type { Terminal } from "../frame/terminal.js";
import { age, minuteOf, sinceOption } from "../frame/time.js";
import type { FailedExecution } from "../operations/executions.js";
import { relayCommand } from "../program/command.js";
import type { Session } from "../program/session.js";

export const failed = ({ terminal, enter }: Session) =>
  relayCommand("failed", {
    summary: "List failed runs with their reasons",
    details: "Leaves out runs that were redriven and then succeeded.",
    examples: ["failed", "failed --since 12h --json"],
  })
    .addOption(sinceOption("1d"))
    .action(async ({ since, ...target }) => {
      const deployment = await enter(target);
      const { failedExecutions } = await import("../operations/executions.js");
      const found = await terminal.during("Listing failed runs", failedExecutions(deployment, since));
      const none = `No run of ${deployment.title} has failed since ${minuteOf(since)}.`;
      terminal.result(found, found.length === 0 ? none : table(found, columns(terminal), terminal.width));
    });

const columns = (terminal: Terminal): Column<FailedExecution>[] => [
  { title: "ENDED", value: ({ endedAt }) => endedAt && `${age(endedAt)} ago` },
  { title: "RUN", value: ({ name }) => name },
  { title: "ERROR", value: ({ error }) => terminal.style("red", error) },
  { title: "REASON", value: ({ message }) => message },
];
