import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { AppCredentials } from "../../lambdas/github/credentials.js";
import { CommandError } from "../frame/exit.js";
import type { Terminal } from "../frame/terminal.js";
import { TryAgainError, throughBrowser } from "./loopback.js";
import { manifestOf } from "./manifest.js";

/** A GitHub App that GitHub has just made. */
export interface NewApp extends AppCredentials {
  slug: string;
  owner: string;
  /** GitHub makes it if the App has a hook. */
  webhookSecret: string | undefined;
}

export interface RegistrationOptions {
  /** The base URL of GitHub's REST API, and that of its pages. */
  api: string;
  pages: string;
  /** The organization that will own the App. Default: the person who is signed in in the browser. */
  organization: string | undefined;
  name: string;
  webhookUrl: string;
  openBrowser: (url: string) => void;
  waitMs: number;
}

const conversionSchema = z.object({
  id: z.int().transform(String),
  slug: z.string(),
  owner: z.object({ login: z.string() }),
  pem: z.string(),
  webhook_secret: z.string().nullish(),
});

/** How often the code is traded before the person is asked to reload the page. */
const attempts = 3;
const pauseMs = 500;

/**
 * Makes the App by the manifest flow, in the person's browser. `keep` gets it, and has to store its key: GitHub shows it
 * only this once.
 *
 * @throws {CommandError} that says what to do.
 */
export async function makeApp(
  terminal: Terminal,
  options: RegistrationOptions,
  keep: (app: NewApp) => Promise<void>,
): Promise<NewApp> {
  const { api, pages, organization, name, webhookUrl } = options;
  const settings = organization ? `/organizations/${encodeURIComponent(organization)}/settings` : "/settings";
  const trip = throughBrowser({
    form: (redirectUrl) => ({
      action: `${pages}${settings}/apps/new`,
      fields: { manifest: JSON.stringify(manifestOf({ name, homepage: pages, webhookUrl, redirectUrl })) },
    }),
    use: async (code) => {
      const app = await trade(api, code);
      checkOwner(app, options);
      await keep(app);
      return app;
    },
    opened: (url) => {
      terminal.note(instructions(url, organization));
      options.openBrowser(url);
    },
    waitMs: options.waitMs,
  });
  return terminal.during("Waiting for GitHub's page", trip);
}

function instructions(url: string, organization: string | undefined): string {
  const who = organization ? `an owner of ${organization}` : "the account that will own the App";
  return `Open this page in a browser that is signed in to GitHub as ${who}:
  ${url}
If you have closed it, open it again. If GitHub says that the name is taken, change it on GitHub's page.${
    organization ? ` If GitHub says "Page not found", that account is no owner of ${organization}.` : ""
  }`;
}

/** Trades the code for the App. Codes work once, within an hour. */
async function trade(api: string, code: string): Promise<NewApp> {
  for (let attempt = 1; ; attempt++) {
    const response = await post(`${api}/app-manifests/${encodeURIComponent(code)}/conversions`);
    if (response?.status === 404 || response?.status === 422) throw expired();
    const parsed = conversionSchema.safeParse(await response?.json().catch(() => undefined));
    if (response?.ok && parsed.success) {
      const { id: appId, slug, owner, pem: privateKey, webhook_secret } = parsed.data;
      return { appId, slug, owner: owner.login, privateKey, webhookSecret: webhook_secret ?? undefined };
    }
    // It was traded, so the key is lost.
    if (response?.ok) throw expired();
    if (attempt === attempts) {
      const reason = response ? `answered ${response.status}` : "can't be reached";
      throw new TryAgainError(`GitHub ${reason}. Its code works for an hour.`);
    }
    await sleep(pauseMs * attempt);
  }
}

function post(url: string): Promise<Response | undefined> {
  return fetch(url, {
    method: "POST",
    headers: { accept: "application/vnd.github+json", "user-agent": "coder-task-relay" },
    signal: AbortSignal.timeout(20_000),
  }).catch(() => undefined);
}

function expired(): CommandError {
  return new CommandError(
    "failed",
    "GitHub doesn't accept the code: it works once, within an hour. The App exists, but its key is lost. Delete the App on GitHub (Settings, Developer settings, GitHub Apps) and run setup again, or generate a key there and take the App over with --app-id and --key-file.",
  );
}

function checkOwner({ owner, appId }: NewApp, { organization, pages }: RegistrationOptions): void {
  if (!organization || organization.toLowerCase() === owner.toLowerCase()) return;
  throw new CommandError(
    "failed",
    `The App ${appId} belongs to ${owner}, not to ${organization}; nothing was stored. Delete it at ${pages}/settings/apps, sign in as an owner of ${organization}, and run setup again.`,
  );
}
