import type { Octokit } from "@octokit/core";
import { knownAccounts } from "../aws/known-accounts.js";
import { findAccount } from "../github/accounts.js";
import type { Person } from "../model/event.js";
import { isSameLogin } from "../model/login.js";
import { agentEnvironment } from "../runtime/environment.js";

/**
 * Whether an operator has added this bot to ALLOWED_BOTS. `renovate` in the list means `renovate[bot]`, never a person's
 * login.
 */
export async function isAllowedBot(octokit: Octokit, { id, login, type }: Person): Promise<boolean> {
  if (type !== "Bot") return false;
  for (const listed of agentEnvironment().ALLOWED_BOTS) {
    // Some bots, such as Copilot, have no suffix.
    const name = isSameLogin(login, listed) || /\[bot\]$/i.test(listed) ? listed : `${listed}[bot]`;
    const isBot = await knownAccounts().isNamed({ id, login }, name, async () => {
      const account = await findAccount(octokit, name);
      return account?.type === "Bot" ? account.id : undefined;
    });
    if (isBot) return true;
  }
  return false;
}
