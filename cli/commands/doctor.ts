import type { Finding, Verdict } from "../doctor/finding.js";
import { CommandError } from "../frame/exit.js";
import type { Style, Terminal } from "../frame/terminal.js";
import { relayCommand } from "../program/command.js";
import type { Session } from "../program/session.js";

export const doctor = ({ terminal, enter }: Session) =>
  relayCommand("doctor", {
    summary: "Check the deployment, and show what is wrong and what to do",
    details:
      "Changes nothing. To prove the webhook's secret, asks GitHub to resend a delivery that has no effect. The exit code is 6 if something is wrong.",
    examples: ["doctor", "doctor --stack relay-eu --region eu-west-1", "doctor --local --json"],
  }).action(async (target) => {
    const deployment = await enter(target);
    const { examine } = await import("../doctor/doctor.js");
    const found: Finding[] = [];
    const report = examine(deployment);
    for (;;) {
      const { value, done } = await terminal.during("Checking", report.next());
      if (done) break;
      found.push(value);
      if (!terminal.json) terminal.line(value, line(value, terminal));
    }
    const faults = found.filter(({ verdict }) => verdict === "fault").length;
    if (terminal.json) terminal.result(found, "");
    if (faults > 0) throw new CommandError("faults", `${faults} of ${found.length} checks found a fault.`);
  });

const marks: Record<Verdict, readonly [mark: string, style: Style]> = {
  ok: ["✓", "green"],
  fault: ["✗", "red"],
  unknown: ["?", "yellow"],
};

function line({ check, verdict, message, remedy }: Finding, terminal: Terminal): string {
  const [mark, style] = marks[verdict];
  const first = `${terminal.style(style, mark)} ${check.padEnd(13)} ${message}`;
  return remedy === undefined ? first : `${first}\n${" ".repeat(16)}→ ${remedy}`;
}
