import { type Lease, withLease } from "../aws/lease.js";
import { connectGitHub } from "../github/app.js";
import { RateLimitedError, TaskBusyError } from "../model/errors.js";
import type { TaskRecord } from "../model/record.js";
import { hasTimeFor } from "../runtime/budget.js";
import { attentionEnvironment } from "../runtime/environment.js";
import { errorName, log } from "../runtime/log.js";
import { note, type SourcedRecord, tellOnce } from "../status/mention.js";
import { TaskStore } from "../tasks/store.js";
import { type WatchedWork, WatchedWorks } from "../tasks/watched-works.js";
import { loginOf } from "./requester.js";
import { type Transition, transitionOf } from "./transitions.js";
import { Turns } from "./turns.js";

export interface AttentionOptions {
  /** A person is told of what has stood for so long: what is repaired by then needs nobody. */
  settledSeconds: number;
}

export interface Attention {
  /** `unfinished`: a limit of time or requests was reached, and the next run looks at the rest. `busy`: another run is at it. */
  outcome: "done" | "unfinished" | "busy";
  /** How many works were looked at. */
  works: number;
}

/** Longer than a run may take (`infra/definition/actions.ts`). */
const lease: Lease = { key: { pk: "task#watched", sk: "lease" }, ms: 130_000, of: "attending to all tasks" };

/** Works that are attended to at the same time, and the time that they may take, in milliseconds. */
const atOnce = 8;
const batchMs = 20_000;

/** A work is looked at every minute at first, and less often the longer nothing changes: a tenth of that time apart. */
const share = 10;
const leastOften = 5;
const minuteMs = 60_000;

/**
 * Looks at all works in which something may be due that no delivery says, and tells the people who have to act. A run that
 * dies, or that finds something out of reach, leaves it to the next one.
 */
export async function attend({ settledSeconds }: AttentionOptions): Promise<Attention> {
  const due = (await new WatchedWorks().list()).filter(isDue);
  if (due.length === 0) return { outcome: "done", works: 0 };
  try {
    return await withLease(lease, () => new Attending(settledSeconds * 1000).run(due));
  } catch (error) {
    if (!(error instanceof TaskBusyError || error instanceof RateLimitedError)) throw error;
    log.warn("The next run attends to the tasks", { error: errorName(error) });
    return { outcome: error instanceof TaskBusyError ? "busy" : "unfinished", works: 0 };
  }
}

class Attending {
  readonly #store = new TaskStore();
  readonly #watched = new WatchedWorks();
  readonly #turns: Turns;

  constructor(private readonly settledMs: number) {
    this.#turns = new Turns(this.#store, settledMs);
  }

  async run(due: readonly WatchedWork[]): Promise<Attention> {
    for (let from = 0; from < due.length; from += atOnce) {
      if (!hasTimeFor(batchMs)) return { outcome: "unfinished", works: from };
      await Promise.all(due.slice(from, from + atOnce).map((work) => this.#attend(work)));
    }
    return { outcome: "done", works: due.length };
  }

  /** What fails for one work must not keep the others waiting. */
  async #attend(work: WatchedWork): Promise<void> {
    try {
      if (await this.#lookAt(work)) await this.#watched.remove(work);
    } catch (error) {
      if (error instanceof RateLimitedError) throw error;
      const { repositoryId, work: of } = work;
      log.error("A work cannot be attended to", {
        repositoryId,
        work: of,
        error: errorName(error),
        reason: error instanceof Error ? error.message : "",
      });
    }
  }

  /** Returns whether nothing more is due until something changes. */
  async #lookAt(work: WatchedWork): Promise<boolean> {
    const known = await this.#store.get(work);
    if (!known?.source) return true;
    const record = await this.#turns.sync(work, known);
    const isTold = !isSourced(record) || (await this.#tell(record));
    return isTold && !(await this.#turns.isAwaited(record));
  }

  /** Returns whether the requester knows all that there is to tell. */
  async #tell(record: SourcedRecord): Promise<boolean> {
    if (attentionEnvironment().NOTIFY === "none") return true;
    const transition = await transitionOf(record);
    if (!transition || record.told?.[transition.transition]?.isDone) return true;
    if (Date.now() - transition.at < this.settledMs) return false;
    await this.#mention(record, transition);
    return true;
  }

  async #mention(record: SourcedRecord, { headline, shows, ...telling }: Transition): Promise<void> {
    const { source, requester } = record;
    const octokit = (await connectGitHub()).installation(source.installation);
    const login = await loginOf(octokit, source.repository, requester);
    if (login === undefined) {
      log.info("Nobody is to be told", {
        transition: telling.transition,
        repositoryId: source.repository.id,
      });
      await note(this.#store, record, telling.transition, { at: Date.now(), isDone: true });
      return;
    }
    await tellOnce(this.#store, record, {
      ...telling,
      mention: { login, headline, ...(shows && { shows }) },
    });
  }
}

function isSourced(record: TaskRecord): record is SourcedRecord {
  return record.source !== undefined;
}

function isDue({ at }: WatchedWork): boolean {
  const minutes = Math.ceil((Date.now() - at) / minuteMs / share);
  return Math.floor(Date.now() / minuteMs) % Math.min(Math.max(minutes, 1), leastOften) === 0;
}
