import { createHash } from "node:crypto";
import { type Key, secondsFromNow, Table } from "../aws/table.js";
import type { Person } from "../model/event.js";
import type { ScheduledJob } from "./repo-config.js";

/** Who has put a job in place, as it stands in the file. */
export interface JobOrigin {
  /** Of the whole job: another text is another job. */
  fingerprint: string;
  /** Whose push it was; `null` for a bot, or where nobody can tell. */
  pusher: Person | null;
  /** Whether the pusher had write permission when the push was synced. */
  hadWrite: boolean;
  /** When it was pushed, by GitHub's clock: ISO 8601; empty where nobody can tell. */
  at: string;
}

/** What is known of one repository's jobs. */
export interface KnownOrigins {
  jobs: JobOrigin[];
  /** A file with faults at the head, and who alone has pushed it since the last right one; `null` if several have. */
  draft?: { sha: string; pusher: Person | null } | undefined;
}

/** What a push has made of the file: the fingerprints of its jobs before and after. */
export interface JobsPushed {
  pusher: Person | null;
  hadWrite: boolean;
  at: string;
  /** `undefined` where nobody can tell. */
  before: ReadonlySet<string> | undefined;
  after: ReadonlySet<string>;
}

/** Each key of a job counts: whoever changes one answers for what the job does. */
export function fingerprintOf(job: ScheduledJob): string {
  const { name, branch, schedule, timezone, prompt, owner } = job;
  const keys = JSON.stringify([name, branch, schedule, timezone ?? null, prompt, owner ?? null]);
  return createHash("sha256").update(keys).digest("hex");
}

export function fingerprintsOf(jobs: readonly ScheduledJob[]): ReadonlySet<string> {
  return new Set(jobs.map(fingerprintOf));
}

/** Who has put the job in place, as it stands now. */
export function originOf(job: ScheduledJob, origins: readonly JobOrigin[]): JobOrigin | undefined {
  const fingerprint = fingerprintOf(job);
  return origins.find((origin) => origin.fingerprint === fingerprint);
}

/**
 * Who has put each of the jobs in place. A push counts for the jobs that it brings and that were not there before it,
 * whatever else is at the head by now: pushes are told late and out of order. A job that it leaves alone stays
 * whose it was.
 */
export function originsOf(
  jobs: readonly ScheduledJob[],
  known: readonly JobOrigin[],
  push?: JobsPushed,
): JobOrigin[] {
  return jobs.map((job) => {
    const fingerprint = fingerprintOf(job);
    const recorded = originOf(job, known);
    const isOfPush =
      push?.before !== undefined && push.after.has(fingerprint) && !push.before.has(fingerprint);
    if (isOfPush && (recorded === undefined || recorded.at <= push.at)) {
      const { pusher, hadWrite, at } = push;
      return { fingerprint, pusher, hadWrite, at };
    }
    return recorded ?? { fingerprint, pusher: null, hadWrite: false, at: "" };
  });
}

/** A repository without jobs keeps its item this long. */
const keptForSeconds = 24 * 3600;

const table = new Table();

/** The origins of a repository's jobs: one item. Who writes it needs the lease of the repository's schedules. */
export class OriginStore {
  readonly #key: Key;

  constructor(repositoryId: number) {
    this.#key = { pk: `config#${repositoryId}`, sk: "origins" };
  }

  async read(): Promise<KnownOrigins> {
    return (await table.get<KnownOrigins>(this.#key)) ?? { jobs: [] };
  }

  async write({ jobs, draft }: KnownOrigins): Promise<void> {
    const isEmpty = jobs.length === 0 && draft === undefined;
    const expiresAt = isEmpty ? secondsFromNow(keptForSeconds) : undefined;
    await table.update<KnownOrigins & { expiresAt?: number }>(this.#key, { jobs, draft, expiresAt });
  }
}
