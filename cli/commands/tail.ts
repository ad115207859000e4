import { duration, sinceOption } from "../frame/time.js";
import { relayCommand } from "../program/command.js";
import type { Session } from "../program/session.js";

export const tail = ({ terminal, enter }: Session) =>
  relayCommand("tail", {
    summary: "Show what happens, as it happens",
    details:
      "Each line is a run that starts or ends, a state that it enters, or an error that is retried. With --json, each line is one JSON object. Ctrl-C stops it.",
    examples: ["tail", "tail octo/app#7", "tail --since 10m --for 1m --json"],
  })
    .argument("[work]", "owner/repo#7, or another name that status lists")
    .addOption(sinceOption("0s"))
    .option("--for <time>", "stop after this time: 30s, 10m", duration)
    .action(async (name, { since, for: forMs = Number.POSITIVE_INFINITY, ...target }) => {
      const deployment = await enter(target);
      const { findKey } = await import("../operations/works.js");
      const operations = await import("../operations/tail.js");
      const work =
        name === undefined ? undefined : await terminal.during("Looking for the work", findKey(name));
      if (!terminal.json) terminal.note(`Events in ${deployment.title} appear here. Ctrl-C stops this.`);
      const until = new Date(Math.min(Date.now() + forMs, latest));
      for await (const happening of operations.tail(deployment, { work, since, until })) {
        const { at, run, what, error } = happening;
        const colour = what === "failed" ? "red" : what === "succeeded" ? "green" : undefined;
        const words = `${what}${error ? `: ${error}` : ""}`;
        const time = terminal.style("dim", at.toTimeString().slice(0, 8));
        terminal.line(happening, `${time}  ${run}  ${colour ? terminal.style(colour, words) : words}`);
      }
    });

/** The latest time that a `Date` can represent. */
const latest = 8.64e15;
