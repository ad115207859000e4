import { setTimeout as sleep } from "node:timers/promises";
import { CommandError } from "../frame/exit.js";
import type { Terminal } from "../frame/terminal.js";
import {
  type AppAbout,
  type GitHubApp,
  type Installation,
  missingPermissions,
} from "../operations/github-app.js";

export interface InstallationOptions {
  pages: string;
  isEnterpriseServer: boolean;
  /** The login of the agent's GitHub user. */
  agent: string;
  openBrowser: (url: string) => void;
  waitMs: number;
}

/** How often GitHub is asked whether the App is installed. */
const pollMs = 1000;

/**
 * Waits for an installation of the App, and finds a repository of it in which the agent can be assigned.
 *
 * @throws {CommandError} that says what to do.
 */
export async function setUpInstallation(
  terminal: Terminal,
  { app, about }: { app: GitHubApp; about: AppAbout },
  options: InstallationOptions,
): Promise<string> {
  const installation =
    (await usableInstallation(app)) ?? (await askForInstallation(terminal, { app, about }, options));
  terminal.note(`✓ Installed on ${installation.account.login}`);
  checkAccepted(installation);
  const repository = await terminal.during(
    "Looking for a repository for the agent",
    findRepository(app, installation, options),
  );
  terminal.note(`✓ ${options.agent} can be assigned in ${repository}`);
  return repository;
}

async function usableInstallation(app: GitHubApp): Promise<Installation | undefined> {
  const all = await app.installations();
  const [suspended] = all.filter(({ suspended_at }) => suspended_at);
  const active = all.find(({ suspended_at }) => !suspended_at);
  if (active || !suspended) return active;
  throw new CommandError(
    "failed",
    `The installation on ${suspended.account.login} is suspended. Unsuspend it at ${suspended.html_url}, and run setup again.`,
  );
}

async function askForInstallation(
  terminal: Terminal,
  { app, about }: { app: GitHubApp; about: AppAbout },
  { pages, isEnterpriseServer, openBrowser, waitMs }: InstallationOptions,
): Promise<Installation> {
  const url = `${pages}/${isEnterpriseServer ? "github-apps" : "apps"}/${about.slug}/installations/new`;
  terminal.note(`Install the App on the repositories that it shall serve:\n  ${url}`);
  openBrowser(url);
  const end = Date.now() + waitMs;
  const waiting = async (): Promise<Installation> => {
    for (;;) {
      const found = await usableInstallation(app);
      if (found) return found;
      if (Date.now() > end) throw await notInstalled(app, url);
      await sleep(pollMs);
    }
  };
  return terminal.during("Waiting for the installation", waiting());
}

async function notInstalled(app: GitHubApp, url: string): Promise<CommandError> {
  const [requester] = await app.requesters();
  return new CommandError(
    "failed",
    requester === undefined
      ? `The App isn't installed yet. Install it at ${url}, and run setup again.`
      : `${requester} has asked for the App, and an owner of the account has to approve that on GitHub. Then run setup again.`,
  );
}

/** An account may not have accepted what the App has asked for since. */
function checkAccepted({ account, permissions, html_url }: Installation): void {
  const missing = missingPermissions(permissions);
  if (missing.length === 0) return;
  throw new CommandError(
    "failed",
    `${account.login} has not accepted the permissions ${missing.join(", ")}. Accept them at ${html_url}, and run setup again.`,
  );
}

async function findRepository(
  app: GitHubApp,
  { id, account, html_url }: Installation,
  { agent, pages }: InstallationOptions,
): Promise<string> {
  const repositories = await app.repositories(id);
  const [first] = repositories;
  if (first === undefined) {
    throw new CommandError(
      "failed",
      `The installation on ${account.login} covers no repository. Choose some at ${html_url}, and run setup again.`,
    );
  }
  for (const repository of repositories) {
    if (await app.isAssignable(id, repository, agent)) return repository;
  }
  throw new CommandError(
    "failed",
    `${agent} can't be assigned in any repository of ${account.login}. Invite ${agent} with write permission, for example at ${pages}/${first}/settings/access, accept the invitation as ${agent}, and run setup again.`,
  );
}
