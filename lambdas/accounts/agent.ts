import type { Octokit } from "@octokit/core";
import { knownAccounts } from "../aws/known-accounts.js";
import { findAccount } from "../github/accounts.js";
import { ConfigurationError } from "../model/errors.js";
import { agentEnvironment } from "../runtime/environment.js";

/** The agent's account as far as it is known: the login of the settings, and the id once GitHub was asked. */
export async function agentAsKnown(): Promise<{ agent: string; agentId: number | undefined }> {
  const { AGENT_GITHUB_USERNAME: agent } = agentEnvironment();
  return { agent, agentId: await knownAccounts().idOf(agent) };
}

/** By client, for another installation may have lost the App. */
const lookups = new WeakMap<Octokit, Promise<number>>();

/**
 * The id of the agent's account. GitHub is asked once who has the login, whatever runs at the same time in the
 * container; then the id is kept for good.
 */
export async function agentId(octokit: Octokit): Promise<number> {
  const { agent: login, agentId: known } = await agentAsKnown();
  if (known !== undefined) return known;
  const lookup = lookups.get(octokit) ?? lookUp(octokit, login).finally(() => lookups.delete(octokit));
  lookups.set(octokit, lookup);
  return lookup;
}

async function lookUp(octokit: Octokit, login: string): Promise<number> {
  const account = await findAccount(octokit, login);
  if (!account) {
    throw new ConfigurationError(
      `GitHub has no user ${login}. Set AGENT_GITHUB_USERNAME to the login of the agent's account.`,
    );
  }
  return knownAccounts().keep(login, account.id);
}
