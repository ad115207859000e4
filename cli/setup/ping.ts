import { setTimeout as sleep } from "node:timers/promises";
import { CommandError } from "../frame/exit.js";
import type { Terminal } from "../frame/terminal.js";
import type { GitHubApp, HookDelivery } from "../operations/github-app.js";

export interface PingOptions {
  /** Makes GitHub's secret the relay's. */
  alignSecrets: () => Promise<void>;
  pause?: (ms: number) => Promise<unknown>;
}

const pollMs = 500;
/** GitHub gives up after ten seconds, and lists the delivery a little later. */
const patienceMs = 60_000;
/** The relay reads a changed secret at most once a minute, so it may refuse a good signature for that long. */
const refusedPauses = [0, 20_000, 25_000, 25_000];

/**
 * Sends the ping of the App's creation again, through GitHub and signed by it, and watches it arrive: that proves the
 * address, the content type and the secret.
 *
 * @returns false if GitHub has no ping any more, which it keeps for a few days.
 * @throws {CommandError} that says what to do.
 */
export async function ping(
  terminal: Terminal,
  app: GitHubApp,
  { alignSecrets, pause = sleep }: PingOptions,
): Promise<boolean> {
  const original = (await app.deliveries()).find(({ event }) => event === "ping");
  if (!original) {
    terminal.note(
      "– GitHub keeps no ping of the App any more; the first event will show whether the webhook works",
    );
    return false;
  }
  for (const [index, pauseMs] of refusedPauses.entries()) {
    if (pauseMs > 0) {
      await terminal.during("Waiting for the relay to read the webhook's secret", pause(pauseMs));
    }
    const answered = await terminal.during("Sending a ping through GitHub", redeliver(app, original, pause));
    if (isOk(answered)) {
      terminal.note("✓ A signed ping of GitHub's has arrived");
      return true;
    }
    if (answered.status_code !== 401) throw refused(answered);
    if (index === 0) await alignSecrets();
  }
  throw new CommandError(
    "failed",
    "The relay refuses GitHub's signature (401), although both have the same secret now. Wait five minutes and run setup again; if that doesn't help, the log of the Lambda webhook says more.",
  );
}

async function redeliver(
  app: GitHubApp,
  original: HookDelivery,
  pause: (ms: number) => Promise<unknown>,
): Promise<HookDelivery> {
  const before = new Set((await app.deliveries()).map(({ id }) => id));
  await app.redeliver(original.id);
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += pollMs) {
    const found = (await app.deliveries()).find(({ id, guid }) => guid === original.guid && !before.has(id));
    if (found) return found;
    await pause(pollMs);
  }
  throw new CommandError(
    "failed",
    "GitHub has not sent the ping within a minute. See https://www.githubstatus.com, and run setup again.",
  );
}

function isOk({ status, status_code }: HookDelivery): boolean {
  return status === "OK" || (status_code >= 200 && status_code < 300);
}

function refused({ status, status_code }: HookDelivery): CommandError {
  const meaning: Record<number, string> = {
    404: "the webhook's URL is not the stack's output WebhookUrl",
    415: "the webhook's content type is not application/json",
    503: "the relay can't read the webhook's secret",
  };
  const reason = meaning[status_code] ?? "GitHub can't reach the webhook's URL";
  return new CommandError(
    "failed",
    `GitHub's ping was answered with "${status}" (${status_code}): ${reason}. Mend that and run setup again; docs/deploy.md has the answers and their meanings.`,
  );
}
