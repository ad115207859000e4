import type { Octokit } from "@octokit/rest";
import { agentId } from "../accounts/agent.js";
import { isRepositoryServed } from "../accounts/served.js";
import { findLogin } from "../github/accounts.js";
import { RepositoryClient } from "../github/repository.js";
import type { Person, Repository } from "../model/event.js";
import { isEnough } from "../model/permission.js";
import { agentEnvironment } from "../runtime/environment.js";

/**
 * The current login of the person who asked for the work, if they can act on a notification: never a bot, the agent, or
 * somebody who may no longer speak to the agent.
 */
export async function loginOf(
  octokit: Octokit,
  repository: Repository,
  person: Person | undefined,
): Promise<string | undefined> {
  if (person?.type !== "User" || person.id === (await agentId(octokit))) return undefined;
  if (!(await isRepositoryServed(octokit, repository))) return undefined;
  const login = await findLogin(octokit, person.id);
  if (login === undefined) return undefined;
  const { COMMENT_MIN_PERMISSION: least } = agentEnvironment();
  const permission = await new RepositoryClient(octokit, repository).permissionOf({ id: person.id, login });
  return isEnough(permission, least === "any" ? "read" : least) ? login : undefined;
}
