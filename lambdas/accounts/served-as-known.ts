import { type Account, knownAccounts } from "../aws/known-accounts.js";
import { isSameLogin } from "../model/login.js";
import { accountsEnvironment } from "../runtime/environment.js";

/**
 * The key of the App's owner, the account to serve if ALLOWED_ACCOUNTS is not set. It contains a space, so it can't be a
 * login.
 */
export const appOwner = "owner of the app";

/**
 * Whether an account is served, for Lambdas that cannot ask GitHub. Until the id of a login is known, logins are
 * compared. Until the owner of the App is known, every account is served.
 */
export async function isServedAsKnown({ id, login }: Account): Promise<boolean> {
  const { ALLOWED_ACCOUNTS: allowed } = accountsEnvironment();
  for (const name of allowed.length > 0 ? allowed : [appOwner]) {
    const known = await knownAccounts().idOf(name);
    const isUnknown = known === undefined && (name === appOwner || isSameLogin(name, login));
    if (known === id || isUnknown) return true;
  }
  return false;
}
