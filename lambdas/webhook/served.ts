import { isServed } from "../accounts/served.js";
import type { RelayEvent } from "../model/relay-event.js";
import { within } from "../runtime/budget.js";
import { errorName, log } from "../runtime/log.js";

/** How long GitHub may take to identify an account, in milliseconds. GitHub waits ten seconds for our answer. */
const accountMs = 3000;

/**
 * Why an event's account is not served; `undefined` if it is. GitHub is asked once in the life of a deployment. After that,
 * its answers are in the table and in the container. If GitHub does not answer, the delivery is accepted, because every flow
 * checks the account again before it acts, and is retried.
 */
export async function reasonNotServed(event: RelayEvent): Promise<string | undefined> {
  const { id, login } = accountOf(event);
  if (id === undefined) {
    // A deleted account's installation must be removed from the table, whether or not it was served.
    return event.type === "repositories_removed" ? undefined : "GitHub does not say whose repository it is";
  }
  try {
    if (await within(accountMs, () => isServed({ id, login }))) return undefined;
  } catch (error) {
    log.warn("Could not find out whether the account is served; the flow will ask GitHub", {
      account: login,
      id,
      error: errorName(error),
    });
    return undefined;
  }
  log.warn("The account is not served", { account: login, id, event: event.type });
  return `the account ${login} is not served: ALLOWED_ACCOUNTS does not name it`;
}

function accountOf(event: RelayEvent): { id: number | undefined; login: string } {
  return "repository" in event
    ? { id: event.repository.ownerId, login: event.repository.owner }
    : { id: event.accountId, login: event.account };
}
