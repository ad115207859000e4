import { type Account, knownAccounts } from "../aws/known-accounts.js";
import { isSameLogin } from "../model/login.js";
import { accountsEnvironment } from "../runtime/environment.js";

/** Stands for a login where ALLOWED_ACCOUNTS is not set. No login has a space. */
export const appOwner = "owner of the app";

/**
 * Whether an account is served, for Lambdas that cannot ask GitHub: a login whose id is not known yet counts by its
 * name, and so does every account while the owner of the App is not known.
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
