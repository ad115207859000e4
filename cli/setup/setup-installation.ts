import { setTimeout as sleep } from "node:timers/promises";
import { connectGitHub } from "../../lambdas/github/app.js";
import { installedRepositories } from "../../lambdas/github/installations.js";
import { RateLimitedError, TransientError } from "../../lambdas/model/errors.js";
import { CommandError } from "../frame/exit.js";
import type { Terminal } from "../frame/terminal.js";
import { isAssignable } from "../operations/assignable.js";
import {
  accountOf,
  allInstallations,
  type Installation,
  isServedInstallation,
  lackingIn,
  type RegisteredApp,
  requesters,
} from "../operations/registered-app.js";

export interface InstallationOptions {
  pages: string;
  isEnterpriseServer: boolean;
  /** The login of the agent's GitHub user. */
  agent: string;
  openBrowser: (url: string) => void;
  waitMs: number;
}

/** The interval for asking GitHub whether the App is installed. */
const pollMs = 1000;

/** In how many repositories of the installation we check whether the agent can be assigned. */
const examined = 100;

/**
 * Waits for an installation of the App on an account that the relay serves, and finds a repository in it where the agent
 * can be assigned.
 *
 * @throws {CommandError} that says what to do.
 */
export async function setUpInstallation(
  terminal: Terminal,
  app: RegisteredApp,
  options: InstallationOptions,
): Promise<string> {
  const looking = terminal.during("Looking for installations", usableInstallation());
  const installation = (await looking) ?? (await askForInstallation(terminal, app, options));
  terminal.note(`✓ Installed on ${accountOf(installation)}`);
  checkAccepted(installation);
  const repository = await terminal.during(
    "Looking for a repository for the agent",
    findRepository(installation, options),
  );
  terminal.note(`✓ ${options.agent} can be assigned in ${repository}`);
  return repository;
}

async function usableInstallation(): Promise<Installation | undefined> {
  const { served } = await installationsNow();
  const [suspended] = served.filter(({ suspended_at }) => suspended_at);
  const active = served.find(({ suspended_at }) => !suspended_at);
  if (active || !suspended) return active;
  throw new CommandError(
    "failed",
    `The installation on ${accountOf(suspended)} is suspended. Unsuspend it at ${suspended.html_url}, and run setup again.`,
  );
}

/** Strangers can install a public App. That has no effect and does no harm. */
async function installationsNow(): Promise<{ served: Installation[]; others: Installation[] }> {
  const all = await allInstallations();
  const judged = await Promise.all(all.map(isServedInstallation));
  const those = (wanted: boolean) => all.filter((_, index) => judged[index] === wanted);
  return { served: those(true), others: those(false) };
}

async function askForInstallation(
  terminal: Terminal,
  app: RegisteredApp,
  { pages, isEnterpriseServer, openBrowser, waitMs }: InstallationOptions,
): Promise<Installation> {
  const url = `${pages}/${isEnterpriseServer ? "github-apps" : "apps"}/${app.slug}/installations/new`;
  const { others } = await installationsNow();
  if (others.length > 0) {
    const names = others.map(accountOf).join(", ");
    terminal.note(
      `! The relay doesn't serve ${names}, where the App is installed: ALLOWED_ACCOUNTS says which accounts it serves`,
    );
  }
  terminal.note(`Install the App on the repositories that it should serve:\n  ${url}`);
  openBrowser(url);
  const end = Date.now() + waitMs;
  const waiting = async (): Promise<Installation> => {
    for (;;) {
      // The person needs minutes, and during that time a request may fail.
      const found = await usableInstallation().catch(unlessPassing);
      if (found) return found;
      if (Date.now() > end) throw await notInstalled(url);
      await sleep(pollMs);
    }
  };
  return terminal.during("Waiting for the installation", waiting());
}

function unlessPassing(error: unknown): undefined {
  if (!(error instanceof TransientError) && !(error instanceof RateLimitedError)) throw error;
}

async function notInstalled(url: string): Promise<CommandError> {
  const [requester] = await requesters();
  const [other] = (await installationsNow()).others.map(accountOf);
  return new CommandError(
    "failed",
    requester !== undefined
      ? `${requester} has requested the App, and an owner of the account has to approve this on GitHub. Then run setup again.`
      : other === undefined
        ? `The App isn't installed yet. Install it at ${url}, and run setup again.`
        : `The App is installed on ${other}, which the relay doesn't serve. Deploy with ALLOWED_ACCOUNTS=${other} to serve it, and run setup again (docs/security.md, Which accounts are served).`,
  );
}

/** An account may not have accepted permissions that the App asked for later. */
function checkAccepted(installation: Installation): void {
  const missing = lackingIn(installation);
  if (missing.length === 0) return;
  throw new CommandError(
    "failed",
    `${accountOf(installation)} has not accepted ${missing.join(", ")}. Accept them at ${installation.html_url}, and run setup again.`,
  );
}

async function findRepository(
  installation: Installation,
  { agent, pages }: InstallationOptions,
): Promise<string> {
  const { id, html_url: page } = installation;
  const octokit = (await connectGitHub()).installation(id);
  const repositories = await installedRepositories(octokit, 1, examined);
  for (const repository of repositories) {
    if (await isAssignable(octokit, repository, agent)) return fullName(repository);
  }
  const [first] = repositories;
  const message =
    first === undefined
      ? `The installation on ${accountOf(installation)} covers no repository. Choose some at ${page}, and run setup again.`
      : `${agent} can't be assigned in any repository of ${accountOf(installation)}. Invite ${agent} with write permission, for example at ${pages}/${fullName(first)}/settings/access, accept the invitation as ${agent}, and run setup again.`;
  throw new CommandError("failed", message);
}

function fullName({ owner, name }: { owner: string; name: string }): string {
  return `${owner}/${name}`;
}
