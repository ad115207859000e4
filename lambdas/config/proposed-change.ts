import type { Octokit } from "@octokit/rest";
import { differsAt, mayChangeFile } from "../github/pull-files.js";
import { RepositoryClient } from "../github/repository.js";
import type { ConfigProposed } from "../model/config-event.js";
import { configPath } from "../model/config-path.js";
import { TransientError } from "../model/errors.js";
import { log } from "../runtime/log.js";

/**
 * Whether a pull request changes the config. `false` if the event's head is no longer the newest, because the newest head
 * has its own event. Throws a `TransientError` if GitHub's API does not show the newest head yet.
 */
export async function changesConfig(octokit: Octokit, event: ConfigProposed): Promise<boolean> {
  const { repository, pull } = event;
  if (pull.onto !== undefined) {
    const heads = { head: pull.headSha, base: pull.onto };
    return differsAt(octokit, repository, configPath, heads);
  }
  const current = await new RepositoryClient(octokit, repository).pull(pull.number);
  if (current?.headSha !== pull.headSha) {
    // The delivery can arrive before the API shows the commit.
    if (!current || Date.parse(current.updatedAt) < Date.parse(event.at)) {
      throw new TransientError(
        `GitHub does not show the newest commit of pull request ${pull.number} yet. It is retried.`,
      );
    }
    log.info("The pull request has a newer head", { pull: pull.number, sha: pull.headSha });
    return false;
  }
  return mayChangeFile(octokit, repository, pull.number, configPath);
}
