import type { Octokit } from "@octokit/core";
import { knownAccounts } from "../aws/known-accounts.js";
import { findAccount } from "../github/accounts.js";
import { ConfigurationError } from "../model/errors.js";
import { agentEnvironment } from "../runtime/environment.js";

/** The agent's account: the login from the settings, and the id if we have already looked it up on GitHub. */
export interface KnownAgent {
  agent: string;
  agentId: number | undefined;
}

/** The agent's account as this container has it cached. */
export async function agentAsKnown(): Promise<KnownAgent> {
  const { AGENT_GITHUB_USERNAME: agent } = agentEnvironment();
  return { agent, agentId: await knownAccounts().idOf(agent) };
}

/** The agent's account, read again from the table. */
export async function agentAsKept(): Promise<KnownAgent> {
  const { AGENT_GITHUB_USERNAME: agent } = agentEnvironment();
  return { agent, agentId: await knownAccounts().idNow(agent) };
}

/** One lookup per client: another installation may have removed the App. */
const lookups = new WeakMap<Octokit, Promise<number>>();

/**
 * The id of the agent's account. We ask GitHub once which account has the login, even if several invocations in this
 * container need it at the same time. The id is then stored permanently.
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
