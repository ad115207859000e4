import { table } from "../frame/table.js";
import { relayCommand } from "../program/command.js";
import type { Session } from "../program/session.js";
import { waitingColumns } from "./status.js";

export const inbox = ({ terminal, enter }: Session) =>
  relayCommand("inbox", {
    summary: "List the inputs that are waiting for an agent, or drop one of them",
    details:
      "A dropped input is never sent, even if GitHub delivers it again. If a dropped comment is edited later, it is put into the inbox again.",
    examples: ["inbox octo/app#7", "inbox octo/app#7 --drop comment#2041", "inbox octo/app#7 --json"],
  })
    .argument("<work>", "owner/repo#7, or another name that status lists")
    .option("--drop <id>", "drop the input with this id")
    .option("--yes", "drop it without asking")
    .action(async (name, { drop, yes, ...target }) => {
      await enter(target);
      const { findWork } = await import("../operations/works.js");
      const { waitingFor } = await import("../operations/standing.js");
      const work = await terminal.during("Reading the records", findWork(name));
      if (drop === undefined) {
        const waiting = await terminal.during("Reading the inbox", waitingFor(work));
        const none = `Nothing waits for the agent of ${work.reference}.`;
        terminal.result(
          waiting,
          waiting.length === 0 ? none : table(waiting, waitingColumns, terminal.width),
        );
        return;
      }
      const { findInput } = await import("../operations/drop.js");
      const finding = findInput(work, drop);
      const { waiting, withdraw } = await terminal.during("Reading the inbox", finding);
      const plan = `This drops ${waiting.id} by ${waiting.from} (${waiting.url}): the agent of ${work.reference} will not get it.`;
      await terminal.confirm(plan, yes);
      await terminal.during("Dropping the input", withdraw());
      terminal.result({ dropped: waiting }, `Dropped ${waiting.id}.`);
    });
