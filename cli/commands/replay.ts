import { CommandError } from "../frame/exit.js";
import { relayCommand } from "../program/command.js";
import type { Session } from "../program/session.js";

export const replay = ({ terminal, enter }: Session) =>
  relayCommand("replay", {
    summary: "Have GitHub resend a delivery",
    details:
      "This starts nothing twice: if the delivery was accepted before, the answer names its run. If that run has failed, redrive continues it.",
    examples: [
      "replay 0b1f5c1e-8a11-11ee-8d5a-3b1d4f6c2a90",
      "replay 0b1f5c1e-8a11-11ee-8d5a-3b1d4f6c2a90 --json",
    ],
  })
    .argument("<guid>", "the delivery's GUID, as the App's page shows it under Advanced, Recent deliveries")
    .action(async (guid, target) => {
      await enter(target);
      const operations = await import("../operations/deliveries.js");
      const found = await terminal.during("Waiting for the delivery", operations.replay(guid));
      terminal.result(found, `${found.event} ${guid}: ${found.outcome}: ${JSON.stringify(found.answer)}`);
      if (found.outcome === "accepted") return;
      throw new CommandError("failed", "The relay didn't accept the delivery: npm run relay -- doctor");
    });
