import { InvalidArgumentError } from "@commander-js/extra-typings";
import { CommandError } from "../frame/exit.js";
import { type Column, table } from "../frame/table.js";
import type { Terminal } from "../frame/terminal.js";
import type { Cost, FlowCost } from "../operations/cost.js";
import { relayCommand } from "../program/command.js";
import type { Session } from "../program/session.js";

const defaultDays = 30;

export const cost = ({ terminal, enter }: Session) =>
  relayCommand("cost", {
    summary: "Estimate what the relay has cost in AWS, by flow",
    details:
      "Counts runs, Lambda calls and DynamoDB's capacity in CloudWatch, at the prices of us-east-1 and without free tiers. API requests, logs, traces, secrets and alarms come on top.",
    examples: ["cost", "cost --days 7 --json"],
  })
    .option("--days <days>", "of the last days: 1 to 455", days, defaultDays)
    .action(async ({ days: number, ...target }) => {
      const deployment = await enter(target);
      if (deployment.isLocal) {
        throw new CommandError("usage", "The local system costs nothing: leave out --local.");
      }
      const { costSince } = await import("../operations/cost.js");
      const since = new Date(Date.now() - number * 24 * 3_600_000);
      const found = await terminal.during("Asking CloudWatch", costSince(deployment, since));
      terminal.result(found, text(found, terminal));
    });

/** CloudWatch keeps daily sums for 455 days. */
function days(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= 455) return number;
  throw new InvalidArgumentError("Expected a whole number of days from 1 to 455.");
}

const usd = (amount: number) => amount.toFixed(amount < 1 ? 4 : 2);

const columns: Column<FlowCost>[] = [
  { title: "FLOW", value: ({ flow }) => flow },
  { title: "RUNS", value: ({ runs }) => runs },
  { title: "TRANSITIONS", value: ({ runs, transitionsPerRun }) => Math.round(runs * transitionsPerRun) },
  { title: "A RUN", value: ({ transitionsPerRun }) => transitionsPerRun.toFixed(1) },
  { title: "USD", value: ({ usd: amount }) => usd(amount) },
];

function text({ flows, lambda, table: used, usd: sum, since }: Cost, terminal: Terminal): string {
  return [
    `Since ${since.toISOString().slice(0, 10)}:`,
    table(flows, columns, terminal.width),
    "",
    `Lambda    ${usd(lambda.usd)} USD: ${lambda.calls} calls, ${Math.round(lambda.gbSeconds)} GB-seconds`,
    `DynamoDB  ${usd(used.usd)} USD: ${Math.round(used.reads)} read and ${Math.round(used.writes)} write units`,
    terminal.style("bold", `Together  ${usd(sum)} USD`),
  ].join("\n");
}
