import type { Octokit } from "@octokit/core";
import { agentEnvironment } from "../environment.js";
import { ConfigurationError } from "../errors.js";
import type { Circumstances } from "../events/classify.js";
import { findAccount } from "../github/accounts.js";
import { knownAccounts } from "./known-accounts.js";

/** The agent's account as far as it is known: the login of the settings, and the id once GitHub was asked. */
export async function agentAsKnown(): Promise<Pick<Circumstances, "agent" | "agentId">> {
  const { AGENT_GITHUB_USERNAME: agent } = agentEnvironment();
  return { agent, agentId: await knownAccounts().idOf(agent) };
}

/** The id of the agent's account. GitHub is asked once who has the login; then the id is kept for good. */
export async function agentId(octokit: Octokit): Promise<number> {
  const { agent: login, agentId: known } = await agentAsKnown();
  if (known !== undefined) return known;
  const account = await findAccount(octokit, login);
  if (!account) {
    throw new ConfigurationError(
      `GitHub has no user ${login}. Set AGENT_GITHUB_USERNAME to the login of the agent's account.`,
    );
  }
  return knownAccounts().keep(login, account.id);
}
