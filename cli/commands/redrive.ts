import { CommandError } from "../frame/exit.js";
import { minuteOf, pastTime } from "../frame/time.js";
import type { Redrive } from "../operations/redrive.js";
import { relayCommand } from "../program/command.js";
import type { Session } from "../program/session.js";

export const redrive = ({ terminal, enter }: Session) =>
  relayCommand("redrive", {
    summary: "Continue failed runs at the states that failed",
    details:
      "First fix the cause of the error. Step Functions can redrive a run for 14 days. If a newer event has overtaken a run, it ends without changing anything.",
    examples: [
      "redrive create-task-app-7-0b1f5c1e-8a11-11ee-8d5a-3b1d4f6c2a90",
      "redrive --all-since 2h --error CoderForbiddenError",
      "redrive --all-since 1d --yes --json",
    ],
  })
    .argument("[run]", "the reference in the status comment, or a name from the command failed")
    .option(
      "--all-since <time>",
      "all runs that have failed since then: 2h, 1d, or a time in ISO 8601",
      pastTime,
    )
    .option("--error <name>", "with --all-since, only runs that have failed with this error")
    .option("--yes", "redrive without asking")
    .action(async (reference, { allSince, error, yes, ...target }) => {
      if ((reference === undefined) === (allSince === undefined)) {
        throw new CommandError("usage", "Expected either the name of a run or --all-since <time>.");
      }
      if (error !== undefined && allSince === undefined) {
        throw new CommandError("usage", "--error needs --all-since <time>, because it filters failed runs.");
      }
      const deployment = await enter(target);
      const operations = await import("../operations/redrive.js");
      const { failedExecutions } = await import("../operations/executions.js");
      const looking =
        reference !== undefined
          ? operations.findRun(deployment, reference).then((run) => [run])
          : failedExecutions(deployment, allSince ?? new Date());
      const found = await terminal.during("Looking for the runs", looking);
      const runs = found.filter((run) => error === undefined || run.error === error);
      if (runs.length === 0) {
        const like = error === undefined ? "" : ` with ${error}`;
        terminal.result([], `No run has failed${like} since ${minuteOf(allSince ?? new Date())}.`);
        return;
      }
      const lines = runs.map((run) => `  ${run.name}  ${run.error ?? run.status}`);
      await terminal.confirm(`This redrives, at the states that failed:\n${lines.join("\n")}`, yes);
      const outcomes = await terminal.during("Redriving", operations.redrive(runs));
      terminal.result(outcomes, outcomes.map(line).join("\n"));
      const refused = outcomes.filter(({ redriven }) => !redriven).length;
      if (refused > 0)
        throw new CommandError("failed", `${refused} of ${runs.length} runs were not redriven.`);
    });

function line({ name, redriven, refusal }: Redrive): string {
  return redriven ? `Redriven: ${name}` : `Not redriven: ${name}: ${refusal}`;
}
