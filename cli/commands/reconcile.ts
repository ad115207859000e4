import { type Column, table } from "../frame/table.js";
import { durationOption } from "../frame/time.js";
import type { Reconciliation } from "../operations/reconcile.js";
import { relayCommand } from "../program/command.js";
import type { Session } from "../program/session.js";

export const reconcile = ({ terminal, enter }: Session) =>
  relayCommand("reconcile", {
    summary: "Compare GitHub with what the relay knows, and start flows for what it has missed",
    details: "The relay does this by itself every hour. With --dry-run, only lists what it would start.",
    examples: ["reconcile --dry-run", "reconcile --yes --json"],
  })
    .option("--dry-run", "only list what would be started")
    .addOption(
      durationOption(
        "--minimum-age <time>",
        "skip younger events: their webhook may still be in flight",
        "10m",
      ),
    )
    .option("--yes", "start it without asking")
    .action(async ({ dryRun = false, minimumAge, yes, ...target }) => {
      const deployment = await enter(target);
      const operations = await import("../operations/reconcile.js");
      if (!dryRun) await terminal.confirm("This starts a run for everything that the relay has missed.", yes);
      const request = { dryRun, minimumAgeSeconds: Math.round(minimumAge / 1000) };
      const found = await terminal.during("Reconciling", operations.reconcile(deployment, request));
      terminal.result(found, text(found, dryRun, terminal.width));
    });

const columns: Column<Reconciliation["gaps"][0]>[] = [
  { title: "MISSED", value: ({ gap }) => gap },
  { title: "RUN", value: ({ execution }) => execution },
];

function text(
  { outcome, reason, repositories, gaps }: Reconciliation,
  dryRun: boolean,
  width: number,
): string {
  if (outcome === "busy") return "Another run is reconciling.";
  const rest =
    outcome === "paused"
      ? ` The next run continues with the rest: ${reason ?? "there was no time left"}.`
      : "";
  const looked = `Repositories checked: ${repositories}.${rest}`;
  if (gaps.length === 0) return `Nothing was missed. ${looked}`;
  return `${table(gaps, columns, width)}\n\n${dryRun ? "Nothing was started. " : ""}${looked}`;
}
