import { createHash } from "node:crypto";
import { type Key, secondsFromNow, Table } from "../aws/table.js";
import type { Person } from "../model/event.js";
import type { ScheduledJob } from "./repo-config.js";

/** Who pushed a job in its current form. */
export interface JobOrigin {
  /** Hash of the whole job, because a changed job counts as a new job. */
  fingerprint: string;
  /** The person who pushed it; `null` for a bot, or if unknown. */
  pusher: Person | null;
  /** Whether the pusher had write permission when the push was synced. */
  hadWrite: boolean;
  /** When it was pushed, by GitHub's clock (ISO 8601); empty if unknown. */
  at: string;
}

/** The known origins of one repository's jobs. */
export interface KnownOrigins {
  jobs: JobOrigin[];
  /**
   * An invalid file at the head, and the only person who has pushed since the last valid file; `null` if several have.
   */
  draft?: { sha: string; pusher: Person | null } | undefined;
}

/** A push's change of the file: the fingerprints of its jobs before and after. */
export interface JobsPushed {
  pusher: Person | null;
  hadWrite: boolean;
  at: string;
  /** `undefined` if unknown. */
  before: ReadonlySet<string> | undefined;
  after: ReadonlySet<string>;
}

/** Covers every key of a job, because a person who changes any of them becomes responsible for the job. */
export function fingerprintOf(job: ScheduledJob): string {
  const { name, branch, schedule, timezone, prompt, owner } = job;
  const keys = JSON.stringify([name, branch, schedule, timezone ?? null, prompt, owner ?? null]);
  return createHash("sha256").update(keys).digest("hex");
}

export function fingerprintsOf(jobs: readonly ScheduledJob[]): ReadonlySet<string> {
  return new Set(jobs.map(fingerprintOf));
}

/** The origin of the job in its current form. */
export function originOf(job: ScheduledJob, origins: readonly JobOrigin[]): JobOrigin | undefined {
  const fingerprint = fingerprintOf(job);
  return origins.find((origin) => origin.fingerprint === fingerprint);
}

/**
 * Updates the origins of the jobs after a push. The pusher becomes the origin of the jobs that the push adds, even if the
 * head has moved since then, because GitHub delivers pushes late and out of order. The other jobs keep their origin.
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

/** How long a repository without jobs keeps its item. */
const keptForSeconds = 24 * 3600;

const table = new Table();

/**
 * The origins of a repository's jobs, in one item. Only the holder of the lease of the repository's schedules may write
 * it.
 */
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
