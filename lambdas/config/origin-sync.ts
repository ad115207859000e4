import type { Octokit } from "@octokit/rest";
import { findCommit } from "../github/contents.js";
import type { CurrentRepository } from "../github/installations.js";
import { RepositoryClient } from "../github/repository.js";
import { TransientError } from "../model/errors.js";
import type { Person } from "../model/event.js";
import { isEnough } from "../model/permission.js";
import { fingerprintsOf, type JobsPushed, type KnownOrigins, OriginStore, originsOf } from "./job-origins.js";
import { jobPermission } from "./job-standing.js";
import { type ConfigState, readConfig } from "./read-config.js";

/** A push that may have changed the file. */
export interface PushedConfig {
  /** The branch's commit before the push; zeros if the branch is new. */
  before: string;
  /** The branch's commit after the push. */
  after: string;
  sender: Person;
  /** The login of the pusher, if that is not the sender. */
  pusher?: string | undefined;
  /** When it was pushed, by GitHub's clock: ISO 8601. */
  at: string;
}

/** The file at the head of the default branch. */
interface HeadConfig {
  /** The head's commit. */
  head: string | undefined;
  state: ConfigState;
}

/**
 * Records who pushed the jobs at the head, as far as the push shows it. Only the holder of the lease of the schedules may
 * call this.
 */
export async function noteOrigins(
  octokit: Octokit,
  repository: CurrentRepository,
  current: HeadConfig,
  push: PushedConfig | undefined,
): Promise<void> {
  const store = new OriginStore(repository.id);
  const known = await store.read();
  const { head, state } = current;
  if (state.state === "invalid") {
    if (push === undefined || head !== push.after) return;
    const before = await configBefore(octokit, repository, push.before);
    const isAlone = isOwnDraft(known, push) || (before !== undefined && before.state !== "invalid");
    await store.write({
      jobs: known.jobs,
      draft: { sha: push.after, pusher: isAlone ? personOf(push) : null },
    });
    return;
  }
  const jobs = state.state === "valid" ? state.config.scheduled_jobs : [];
  if (jobs.length === 0 && known.jobs.length === 0 && !known.draft) return;
  const pushed =
    push && jobs.length > 0 ? await jobsPushed(octokit, repository, current, known, push) : undefined;
  await store.write({ jobs: originsOf(jobs, known.jobs, pushed) });
}

async function jobsPushed(
  octokit: Octokit,
  repository: CurrentRepository,
  { head, state }: HeadConfig,
  known: KnownOrigins,
  push: PushedConfig,
): Promise<JobsPushed> {
  const after = head === push.after ? state : await readConfig(octokit, repository, push.after);
  const before = await configBefore(octokit, repository, push.before);
  const pusher = personOf(push);
  return {
    pusher,
    hadWrite: pusher !== null && (await mayWrite(octokit, repository, pusher)),
    at: push.at,
    before: before && (before.state === "invalid" ? ofDraft(known, push) : jobsOf(before)),
    after: jobsOf(after),
  };
}

function jobsOf(state: ConfigState): ReadonlySet<string> {
  return fingerprintsOf(state.state === "valid" ? state.config.scheduled_jobs : []);
}

/**
 * The fingerprints before a push that follows an invalid file. People who fix their own faults become the origin of all
 * jobs in the file, except those that another person added.
 */
function ofDraft(known: KnownOrigins, push: PushedConfig): ReadonlySet<string> | undefined {
  if (!isOwnDraft(known, push)) return undefined;
  return new Set(known.jobs.map(({ fingerprint }) => fingerprint));
}

function isOwnDraft({ draft }: KnownOrigins, push: PushedConfig): boolean {
  const pusher = personOf(push);
  return draft?.sha === push.before && pusher !== null && draft.pusher?.id === pusher.id;
}

/** `null` for a bot, and if the sender is not the pusher. */
function personOf({ sender, pusher }: PushedConfig): Person | null {
  return sender.type === "User" && pusher === undefined ? sender : null;
}

/** `undefined` if GitHub no longer shows the commit, for example after a forced push. */
async function configBefore(
  octokit: Octokit,
  repository: CurrentRepository,
  sha: string,
): Promise<ConfigState | undefined> {
  if (/^0+$/.test(sha)) return { state: "absent" };
  try {
    return await readConfig(octokit, repository, sha);
  } catch (error) {
    const mayBeGone = error instanceof TransientError;
    if (mayBeGone && (await findCommit(octokit, repository, sha)) === undefined) return undefined;
    throw error;
  }
}

async function mayWrite(octokit: Octokit, repository: CurrentRepository, person: Person): Promise<boolean> {
  return isEnough(await new RepositoryClient(octokit, repository).permissionOf(person), jobPermission);
}
