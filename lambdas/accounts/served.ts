import type { Octokit } from "@octokit/rest";
import { type Account, knownAccounts } from "../aws/known-accounts.js";
import { findApp, findInstalledAccount } from "../github/as-app.js";
import { findRepository } from "../github/installations.js";
import { ConfigurationError } from "../model/errors.js";
import type { Repository } from "../model/event.js";
import { accountsEnvironment } from "../runtime/environment.js";
import { appOwner } from "./served-as-known.js";

/**
 * Whether the repositories of an account are served. ALLOWED_ACCOUNTS names these accounts; without it, only the owner
 * of the App is served. Ids are compared, not logins.
 */
export async function isServed(account: Account): Promise<boolean> {
  const { ALLOWED_ACCOUNTS: allowed } = accountsEnvironment();
  if (allowed.length === 0) return account.id === (await ownerId());
  for (const login of allowed) {
    if (await knownAccounts().isNamed(account, login, () => findInstalledAccount(login))) return true;
  }
  return false;
}

/** Whether the account that owns a repository is served. The owner is taken from the event, or else from GitHub. */
export async function isRepositoryServed(octokit: Octokit, repository: Repository): Promise<boolean> {
  const current = repository.ownerId === undefined ? await findRepository(octokit, repository) : repository;
  if (current?.id !== repository.id || current.ownerId === undefined) return false;
  return isServed({ id: current.ownerId, login: current.owner });
}

async function ownerId(): Promise<number> {
  const known = await knownAccounts().idOf(appOwner);
  if (known !== undefined) return known;
  const { ownerId: owner } = await findApp();
  if (owner === undefined) {
    throw new ConfigurationError(
      "GitHub did not return the App's owner. Set ALLOWED_ACCOUNTS to the logins of the accounts to serve.",
    );
  }
  return knownAccounts().keep(appOwner, owner);
}
