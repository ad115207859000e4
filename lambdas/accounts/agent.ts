import type { Octokit } from "@octokit/core";
import { knownAccounts } from "../aws/known-accounts.js";
import { findAccount } from "../github/accounts.js";
import { ConfigurationError } from "../model/errors.js";
import { agentEnvironment } from "../runtime/environment.js";

/** The agent's account: the login from the settings, and the id if GitHub was asked for it before. */
export interface KnownAgent {
  agent: string;
  agentId: number | undefined;
}

/** The agent as this container knows it. */
export async function agentAsKnown(): Promise<KnownAgent> {
  const { AGENT_GITHUB_USERNAME: agent } = agentEnvironment();
  return { agent, agentId: await knownAccounts().idOf(agent) };
}

/** The agent as the table knows it now. */
export async function agentAsKept(): Promise<KnownAgent> {
  const { AGENT_GITHUB_USERNAME: agent } = agentEnvironment();
  return { agent, agentId: await knownAccounts().idNow(agent) };
}

/** By client: another installation may have removed the App. */
const lookups = new WeakMap<Octokit, Promise<number>>();

/**
 * The id of the agent's account. GitHub is asked once which account has the login, whatever runs at the same time in the
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
