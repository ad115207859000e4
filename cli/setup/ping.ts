import { setTimeout as sleep } from "node:timers/promises";
import type { Attempt } from "../../lambdas/github/deliveries.js";
import { CommandError } from "../frame/exit.js";
import type { Terminal } from "../frame/terminal.js";
import type { Replay } from "../operations/deliveries.js";

export interface PingOptions {
  /** Sets the secret at GitHub to the relay's. */
  alignSecrets: () => Promise<void>;
  deliveries: {
    findPing: () => Promise<Attempt | undefined>;
    sendAgain: (attempt: Attempt) => Promise<Pick<Replay, "outcome" | "code">>;
  };
  pause?: (ms: number) => Promise<unknown>;
}

/** The relay reads a changed secret at most once a minute, so it may reject a valid signature for that long. */
const refusedPauses = [0, 20_000, 25_000, 25_000];

/**
 * Has GitHub resend the signed ping of the App's creation, and waits until it arrives. This proves the address, the
 * content type and the secret.
 *
 * @returns false if GitHub no longer has the ping, which it keeps for a few days.
 * @throws {CommandError} that says what to do.
 */
export async function ping(
  terminal: Terminal,
  { alignSecrets, deliveries, pause = sleep }: PingOptions,
): Promise<boolean> {
  const original = await terminal.during("Looking for the App's ping", deliveries.findPing());
  if (!original) {
    terminal.note(
      "– GitHub no longer has a ping of the App; the first event will show whether the webhook works",
    );
    return false;
  }
  for (const [index, pauseMs] of refusedPauses.entries()) {
    if (pauseMs > 0) {
      await terminal.during("Waiting for the relay to read the webhook's secret", pause(pauseMs));
    }
    const sending = deliveries.sendAgain(original);
    const { outcome, code } = await terminal.during("Sending a ping through GitHub", sending);
    if (outcome === "accepted") {
      terminal.note("✓ A signed ping from GitHub has arrived");
      return true;
    }
    if (code !== 401) throw refused(code);
    if (index === 0) await alignSecrets();
  }
  throw new CommandError(
    "failed",
    "The relay rejects GitHub's signature (401), although both now have the same secret. Wait five minutes and run setup again; if that doesn't help, see the log of the Lambda webhook.",
  );
}

function refused(code: number): CommandError {
  const meaning: Record<number, string> = {
    404: "the webhook's URL is not the stack's output WebhookUrl",
    415: "the webhook's content type is not application/json",
    503: "the relay can't read the webhook's secret",
  };
  const answer = code === 0 ? "got no answer" : `was answered with ${code}`;
  const reason = meaning[code] ?? "GitHub can't reach the webhook's URL, or the relay fails to handle it";
  return new CommandError(
    "failed",
    `GitHub's ping ${answer}: ${reason}. Fix that and run setup again; docs/deploy.md explains the answers.`,
  );
}
