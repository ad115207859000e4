import { CommandError } from "../frame/exit.js";
import { relayCommand } from "../program/command.js";
import type { Session } from "../program/session.js";

export const end = ({ terminal, enter }: Session) =>
  relayCommand("end", {
    summary: "End the task of an issue",
    details:
      "Deletes the task and its workspace in Coder and unassigns the agent on GitHub. The issue stays open. Inputs that are waiting for the agent are kept for a day.",
    examples: ["end octo/app#7", "end octo/app#7 --yes --json"],
  })
    .argument("<work>", "owner/repo#7")
    .option("--yes", "end it without asking")
    .action(async (name, { yes, ...target }) => {
      const deployment = await enter(target);
      const { findWork } = await import("../operations/works.js");
      const { endTask, issueOf } = await import("../operations/end.js");
      const work = await terminal.during("Reading the records", findWork(name));
      const source = issueOf(work);
      const { task } = work.record;
      const what = task
        ? `its task ${task.name} of ${task.owner}, with the workspace`
        : "its task, if it has one";
      const plan = `This deletes ${what}, and unassigns the agent from ${work.reference}. Work that was not pushed is lost.`;
      await terminal.confirm(plan, yes);
      const { run, status } = await terminal.during("Ending the task", endTask(deployment, source));
      terminal.result({ work: work.reference, run, status }, `${run}: ${status}`);
      if (status !== "SUCCEEDED") {
        throw new CommandError("failed", `The run ${run} ended as ${status}: npm run relay -- failed`);
      }
    });
