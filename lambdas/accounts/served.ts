import type { Octokit as LeanOctokit } from "@octokit/core";
import type { Octokit } from "@octokit/rest";
import { type Account, knownAccounts } from "../aws/known-accounts.js";
import { findApp, findInstalledAccount } from "../github/accounts.js";
import { findRepository } from "../github/installations.js";
import { ConfigurationError } from "../model/errors.js";
import type { Repository } from "../model/event.js";
import { isSameLogin } from "../model/login.js";
import { accountsEnvironment } from "../runtime/environment.js";

/** Stands for a login where ALLOWED_ACCOUNTS is not set. No login has a space. */
const appOwner = "owner of the app";

/**
 * Whether an account is one of those whose repositories are served: those of ALLOWED_ACCOUNTS; without it, the owner of
 * the App. By their ids. `connect` brings a client of any installation; it is called only if GitHub has to be asked.
 */
export async function isServed(account: Account, connect: () => Promise<LeanOctokit>): Promise<boolean> {
  const { ALLOWED_ACCOUNTS: allowed } = accountsEnvironment();
  if (allowed.length === 0) return account.id === (await ownerId(connect));
  for (const login of allowed) {
    const lookUp = async () => findInstalledAccount(await connect(), login);
    if (await knownAccounts().isNamed(account, login, lookUp)) return true;
  }
  return false;
}

/** The same of the account that a repository belongs to: by the event's word, else as GitHub says now. */
export async function isRepositoryServed(octokit: Octokit, repository: Repository): Promise<boolean> {
  const current = repository.ownerId === undefined ? await findRepository(octokit, repository) : repository;
  if (current?.id !== repository.id || current.ownerId === undefined) return false;
  return isServed({ id: current.ownerId, login: current.owner }, async () => octokit);
}

/** The same where GitHub cannot be asked: a login that nobody has looked up yet counts by its name. */
export async function isServedAsKnown({ id, login }: Account): Promise<boolean> {
  const { ALLOWED_ACCOUNTS: allowed } = accountsEnvironment();
  for (const name of allowed.length > 0 ? allowed : [appOwner]) {
    const known = await knownAccounts().idOf(name);
    const isUnknown = known === undefined && (name === appOwner || isSameLogin(name, login));
    if (known === id || isUnknown) return true;
  }
  return false;
}

async function ownerId(connect: () => Promise<LeanOctokit>): Promise<number> {
  const known = await knownAccounts().idOf(appOwner);
  if (known !== undefined) return known;
  const { ownerId: owner } = await findApp(await connect());
  if (owner === undefined) {
    throw new ConfigurationError(
      "GitHub does not say who owns the App. Set ALLOWED_ACCOUNTS to the logins of the accounts to serve.",
    );
  }
  return knownAccounts().keep(appOwner, owner);
}
