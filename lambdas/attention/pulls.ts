import { ignoredChecks } from "../ci/ignored-checks.js";
import { connectGitHub } from "../github/app.js";
import { checksOfPulls, type HeadChecks, pullsAtOnce } from "../github/pull-checks.js";
import { hasQuota } from "../github/quota.js";
import { RepositoryClient } from "../github/repository.js";
import { configPath } from "../model/config-path.js";
import { isOpen, type PullChecks, type TaskPull, type TaskRecord } from "../model/record.js";
import { announceChecks } from "../pulls/noting.js";
import { hasTimeFor } from "../runtime/budget.js";
import { errorName, log } from "../runtime/log.js";
import type { SourcedRecord } from "../status/mention.js";
import type { TaskStore } from "../tasks/store.js";

/** The part of a run that is reserved for telling people, in milliseconds. */
const reservedMs = 60_000;

/** The pull requests of a record whose checks still matter. */
export function openPullsOf({ wanted, pulls = [] }: TaskRecord): TaskPull[] {
  return wanted ? pulls.filter(({ state }) => isOpen(state)) : [];
}

/** The checks of the open pull requests of all tasks. They are requested only once per run, with few requests. */
export class PullLooks {
  readonly #found = new Map<string, HeadChecks>();

  constructor(private readonly store: TaskStore) {}

  /** Reads the pull requests of each installation together. */
  async look(records: readonly SourcedRecord[]): Promise<void> {
    const asked = new Map<number, string[]>();
    for (const record of records) {
      const { installation } = record.source;
      const ids = openPullsOf(record).map(({ nodeId }) => nodeId);
      if (ids.length > 0) asked.set(installation, [...(asked.get(installation) ?? []), ...ids]);
    }
    for (const [installation, ids] of asked) await this.#ask(installation, ids);
  }

  async #ask(installation: number, ids: readonly string[]): Promise<void> {
    try {
      const app = await connectGitHub();
      const octokit = app.installation(installation);
      if (!(await hasQuota(octokit))) {
        log.warn("The rest of GitHub's hourly requests is reserved for the flows", { installation });
        return;
      }
      for (let from = 0; from < ids.length && hasTimeFor(reservedMs); from += pullsAtOnce) {
        const found = await checksOfPulls(octokit, ids.slice(from, from + pullsAtOnce), configPath);
        for (const [id, { checks, ...head }] of found) {
          // The App's own check run is about the config file, which does not concern the agent.
          this.#found.set(id, { ...head, checks: checks.filter((check) => check.app !== app.id) });
        }
      }
    } catch (error) {
      // People are still told about what is in the records.
      log.warn("GitHub does not show the checks of an installation's pull requests", {
        installation,
        error: errorName(error),
      });
    }
  }

  /** Shows the checks in the status comment, and returns the record after that. */
  async sync(record: SourcedRecord): Promise<SourcedRecord> {
    const { pulls = [], source } = record;
    const open = openPullsOf(record);
    const changed = await Promise.all(
      pulls.map(async (pull) => {
        const found = open.includes(pull) ? this.#found.get(pull.nodeId) : undefined;
        return found ? { ...pull, checks: await judged(found, pull, source.installation) } : pull;
      }),
    );
    if (changed.every(({ checks }, index) => checks === pulls[index]?.checks)) return record;
    return (await announceChecks(this.store, record, changed)) ?? record;
  }
}

/** The checks of a pull request; the known object, if nothing has changed. */
async function judged(
  found: HeadChecks,
  { checks: known, state, repository, number }: TaskPull,
  installation: number,
): Promise<PullChecks> {
  const { headSha } = found;
  const result = resultOf(found);
  const isGood = state === "open" && (result === "passed" || result === "none");
  let { isMergeable } = found;
  // A GraphQL query may not make GitHub compute it, but this request does.
  if (isMergeable === undefined && isGood) {
    const octokit = (await connectGitHub()).installation(installation);
    isMergeable = (await new RepositoryClient(octokit, repository).pull(number))?.isMergeable;
  }
  const isSame = known?.headSha === headSha && known.result === result;
  if (isSame && known.isMergeable === isMergeable) return known;
  return { headSha, isMergeable, result, at: isSame ? known.at : Date.now() };
}

function resultOf({ checks, file }: HeadChecks): PullChecks["result"] {
  const isIgnored = ignoredChecks({ file });
  const outcomes = checks.filter(({ names }) => !names.some(isIgnored)).map(({ outcome }) => outcome);
  return (["failed", "running", "passed"] as const).find((one) => outcomes.includes(one)) ?? "none";
}
