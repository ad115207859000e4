import { InvalidArgumentError } from "@commander-js/extra-typings";
import { type Column, table } from "../frame/table.js";
import type { Terminal } from "../frame/terminal.js";
import type { Cost, FlowCost } from "../operations/cost.js";
import { relayCommand } from "../program/command.js";
import type { Session } from "../program/session.js";

const defaultDays = 30;

export const cost = ({ terminal, enter }: Session) =>
  relayCommand("cost", {
    summary: "Show what the relay has cost in AWS, by flow",
    details:
      "Uses the prices of us-east-1, without free tiers. CloudWatch measures Lambda and DynamoDB. Transitions are counted in the histories of a flow's newest 50 runs, and if there were more, estimated from these. API requests, logs, traces, secrets and alarms are not included. With --local, shows what the same would have cost in AWS.",
    examples: ["cost", "cost --days 7 --json"],
  })
    .option("--days <days>", "how many days to look back: 1 to 455", days, defaultDays)
    .action(async ({ days: number, ...target }) => {
      const deployment = await enter(target);
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

/** A number, marked if it is an estimate. */
const about = (amount: number, { isMeasured }: Pick<FlowCost, "isMeasured">, digits = 0) =>
  `${isMeasured ? "" : "~"}${amount.toFixed(digits)}`;

type Row = Pick<FlowCost, "lambda" | "usd" | "isMeasured"> & {
  of: string;
  runs?: number;
  transitions?: number;
};

const columns: Column<Row>[] = [
  { title: "OF", value: ({ of }) => of },
  { title: "RUNS", value: ({ runs }) => runs },
  {
    title: "TRANSITIONS",
    value: (row) => (row.transitions === undefined ? undefined : about(row.transitions, row)),
  },
  { title: "LAMBDA CALLS", value: (row) => about(row.lambda.calls, row) },
  { title: "GB-SECONDS", value: (row) => about(row.lambda.gbSeconds, row, 1) },
  { title: "USD", value: (row) => usd(row.usd) },
];

function text({ flows, other, table: used, usd: sum, since }: Cost, terminal: Terminal): string {
  const rows: Row[] = [
    ...flows.filter(({ runs }) => runs > 0).map((flow) => ({ ...flow, of: flow.flow })),
    { of: "other Lambdas", lambda: other, usd: other.usd, isMeasured: true },
  ];
  const isEstimated = flows.some(({ isMeasured }) => !isMeasured);
  return [
    `Since ${since.toISOString().slice(0, 10)}:`,
    table(rows, columns, terminal.width),
    "",
    `DynamoDB  ${usd(used.usd)} USD: ${Math.round(used.reads)} read and ${Math.round(used.writes)} write units`,
    terminal.style("bold", `Together  ${usd(sum)} USD`),
    ...(isEstimated ? ["~ is estimated from the flow's newest 50 runs."] : []),
  ].join("\n");
}
