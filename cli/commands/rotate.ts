import { durationOption } from "../frame/time.js";
import { commandGroup, relayCommand } from "../program/command.js";
import type { Session } from "../program/session.js";

export const rotate = (session: Session) =>
  commandGroup(
    "rotate",
    {
      summary: "Replace a secret without a gap",
      details: "Needs no deployment, and prints no value.",
      examples: ["rotate webhook-secret", "rotate coder-token --lifetime 90d --yes"],
    },
    [webhookSecret(session), coderToken(session)],
  );

/** Lambdas cache a secret for five minutes and run for less than another five. */
const waitOption = () => durationOption("--wait <time>", "how long Lambdas may use the former value", "10m");

/** Coder takes 0 for its own default, and its longest duration is 292 years. */
const lifetimes = { least: "1d", most: "36500d" };

const webhookSecret = ({ terminal, enter }: Session) =>
  relayCommand("webhook-secret", {
    summary: "Replace the secret that GitHub signs webhooks with",
    details:
      "Stores a new value, waits, sets it at GitHub, proves it with a delivery, waits, and stops accepting the old value. If it is interrupted, run it again: it continues where it stopped.",
    examples: [
      "rotate webhook-secret",
      "rotate webhook-secret --yes --json",
      "rotate webhook-secret --retire",
    ],
  })
    .addOption(waitOption())
    .option("--retire", "only stop accepting the old value")
    .option("--yes", "do it without asking")
    .action(async ({ wait, retire, yes, ...target }) => {
      const { environment } = await enter(target);
      const operations = await import("../operations/webhook-secret.js");
      const secretId = environment.WEBHOOK_SECRET_ARN ?? "";
      const plan = retire
        ? "The relay will no longer accept the previous webhook secret."
        : "This replaces the webhook secret, in Secrets Manager and in the GitHub App, and then stops accepting the old one.";
      await terminal.confirm(plan, yes);
      if (retire) await operations.retireWebhookSecret(secretId);
      else await operations.rotateWebhookSecret(secretId, { terminal, waitMs: wait });
      terminal.result({ done: true }, "Done: only the current value is accepted.");
    });

const coderToken = ({ terminal, enter }: Session) =>
  relayCommand("coder-token", {
    summary: "Replace the token that the relay calls Coder with",
    details: "Creates a token of the same Coder user, tests it, stores it, waits, and deletes the old one.",
    examples: ["rotate coder-token", "rotate coder-token --lifetime 90d --yes"],
  })
    .addOption(waitOption())
    .addOption(durationOption("--lifetime <time>", "how long the new token is valid", "365d", lifetimes))
    .option("--yes", "do it without asking")
    .action(async ({ wait, lifetime, yes, ...target }) => {
      const deployment = await enter(target);
      const { ownerOfToken } = await import("../operations/coder-token.js");
      const rotation = { terminal, waitMs: wait, lifetimeMs: lifetime, deployment };
      const owner = await terminal.during("Asking Coder", ownerOfToken(rotation));
      const plan = `This creates a Coder token of ${owner.username}, puts it into Secrets Manager, and then deletes the old one.`;
      await terminal.confirm(plan, yes);
      await owner.rotate();
      terminal.result({ user: owner.username }, "Done: the old token is deleted.");
    });
