import type { GitHubApp } from "../github/app.js";
import { RepositoryClient } from "../github/repository.js";
import { readWhileStale } from "../github/stale-reads.js";
import { isOutOfReach, NotInstalledError, TransientError } from "../model/errors.js";
import type { TaskKey } from "../model/record.js";
import { log } from "../runtime/log.js";
import type { Head } from "./stored-input.js";

/**
 * Whether the commit of a CI failure or conflict is still the head of its open pull request, and the conflict is not known
 * to be resolved. `false` if the App can no longer read the repository (blocked, gone, uninstalled), or if its name now
 * belongs to another one. If the repository is not the task's, errors don't name it, because the task's issue shows them.
 */
export async function isHeadCurrent(
  app: GitHubApp,
  head: Head & { installation: number },
  key: TaskKey,
): Promise<boolean> {
  const isElsewhere = head.repository.id !== undefined && head.repository.id !== key.repositoryId;
  try {
    const octokit = app.installation(head.installation);
    const client = new RepositoryClient(octokit, head.repository);
    // After a push, GitHub takes some seconds to compute whether a pull request can be merged.
    const pull = await readWhileStale(
      (now) => head.isConflict === true && now?.isOpen === true && now.isMergeable === undefined,
      () => client.pull(head.pull),
    );
    const isSameRepository = head.repository.id === undefined || pull?.repositoryId === head.repository.id;
    // The link was checked under the name that the other repository had at that time.
    const isRenamed = isElsewhere && pull?.repositoryName !== nameOf(head.repository);
    return (
      pull?.isOpen === true &&
      pull.headSha === head.sha &&
      !(head.isConflict && pull.isMergeable) &&
      isSameRepository &&
      !isRenamed
    );
  } catch (error) {
    if (isOutOfReach(error) || error instanceof NotInstalledError) {
      log.warn("The repository of a failed run is out of reach", { pull: head.pull, error: error.name });
      return false;
    }
    if (isElsewhere && error instanceof TransientError) {
      throw new TransientError(
        "GitHub did not answer about a failed run of another repository. It is retried.",
      );
    }
    throw error;
  }
}

function nameOf({ owner, name }: Head["repository"]): string {
  return `${owner}/${name}`.toLowerCase();
}
