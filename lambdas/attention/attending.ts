import type { Octokit } from "@octokit/rest";
import { type Lease, withLease } from "../aws/lease.js";
import { connectGitHub } from "../github/app.js";
import { RepositoryClient } from "../github/repository.js";
import { inParallel } from "../inbox/input-items.js";
import { isRefusal, passesByItself, RateLimitedError, TaskBusyError } from "../model/errors.js";
import type { Notification } from "../model/notification.js";
import { type TaskPull, type TaskRecord, taskKey } from "../model/record.js";
import { hasTimeFor } from "../runtime/budget.js";
import { errorName, log } from "../runtime/log.js";
import { noteTold, type SourcedRecord, tellOnce } from "../status/mention.js";
import { TaskStore } from "../tasks/store.js";
import { type WatchedWork, WatchedWorks } from "../tasks/watched-works.js";
import { openPullsOf, PullLooks } from "./pulls.js";
import { loginOf } from "./requester.js";
import { type Transition, transitionsOf } from "./transitions.js";
import { Turns } from "./turns.js";

export interface AttentionOptions {
  /** How long a state must last before a person is told. If it is fixed by then, nobody has to act. */
  settledSeconds: number;
  notify: Notification;
}

export interface Attention {
  /**
   * `unfinished`: out of time or requests, or AWS does not answer, and the next run continues with the rest. `busy`:
   * another run is active.
   */
  outcome: "done" | "unfinished" | "busy";
  /** How many works were checked. */
  works: number;
}

/** Longer than a run may take (`infra/definition/actions.ts`). */
const lease: Lease = { key: { pk: "task#watched", sk: "lease" }, ms: 130_000, of: "attending to all tasks" };

/** How many works are checked at the same time, and how long they may take, in milliseconds. */
const atOnce = 8;
const batchMs = 20_000;

/**
 * A work is checked every minute at first, and less often the longer nothing changes: the interval is a tenth of the time
 * since the last change, at most `leastOften` minutes.
 */
const share = 10;
const leastOften = 5;
const minuteMs = 60_000;

/**
 * Checks all works in which something may be due without a delivery, and tells the people who have to act. If a run dies, or
 * something is out of reach, the next run does the rest.
 */
export async function attend({ settledSeconds, notify }: AttentionOptions): Promise<Attention> {
  try {
    const due = (await new WatchedWorks().list()).filter(isDue);
    if (due.length === 0) return { outcome: "done", works: 0 };
    return await withLease(lease, () => new Attending(settledSeconds * 1000, notify).run(due));
  } catch (error) {
    if (error instanceof TaskBusyError) {
      log.info("Another run attends to all tasks");
      return { outcome: "busy", works: 0 };
    }
    if (!passesByItself(error)) throw error;
    log.warn("The next run attends to all tasks", { error: errorName(error), reason: error.message });
    return { outcome: "unfinished", works: 0 };
  }
}

class Attending {
  readonly #store = new TaskStore();
  readonly #watched = new WatchedWorks();
  readonly #turns: Turns;
  readonly #pulls = new PullLooks(this.#store);
  #isLimited = false;

  constructor(
    private readonly settledMs: number,
    private readonly notify: Notification,
  ) {
    this.#turns = new Turns(this.#store, settledMs);
  }

  async run(due: readonly WatchedWork[]): Promise<Attention> {
    const records = await inParallel(due, (work) => this.#store.get(work));
    await this.#pulls.look(records.filter((record) => record !== undefined).filter(isSourced));
    for (let from = 0; from < due.length; from += atOnce) {
      if (this.#isLimited || !hasTimeFor(batchMs)) return { outcome: "unfinished", works: from };
      const batch = due.slice(from, from + atOnce);
      await Promise.all(batch.map((work, index) => this.#attend(work, records[from + index])));
    }
    return { outcome: "done", works: due.length };
  }

  /** A failure of one work must not hold up the others. */
  async #attend(work: WatchedWork, record: TaskRecord | undefined): Promise<void> {
    try {
      if (!record || !isSourced(record) || (await this.#lookAt(work, record)))
        await this.#watched.remove(work);
    } catch (error) {
      if (error instanceof RateLimitedError) this.#isLimited = true;
      const { repositoryId, work: of } = work;
      log.error("A work cannot be checked for attention", {
        repositoryId,
        work: of,
        error: errorName(error),
        reason: error instanceof Error ? error.message : "",
      });
    }
  }

  /** Returns whether nothing else is due until something changes. */
  async #lookAt(work: WatchedWork, known: SourcedRecord): Promise<boolean> {
    const record = await this.#pulls.sync(await this.#turns.sync(work, known));
    const isTold = await this.#tell(record);
    return isTold && openPullsOf(record).length === 0 && !(await this.#turns.isAwaited(record));
  }

  /** Returns whether the requester has been told everything. */
  async #tell(record: SourcedRecord): Promise<boolean> {
    if (this.notify === "none") return true;
    let isTold = true;
    for (const transition of await transitionsOf(record)) {
      if (record.told?.[transition.transition]?.isDone) continue;
      const { at, patience = 1 } = transition;
      const isSettled = Date.now() - at >= this.settledMs * patience;
      const now = isSettled ? await this.#store.get(taskKey(record.source)) : undefined;
      if (now && isSourced(now) && now.statusAt === record.statusAt) await this.#mention(now, transition);
      else isTold = false;
    }
    return isTold;
  }

  async #mention(record: SourcedRecord, { headline, shows, reviews, ...telling }: Transition): Promise<void> {
    const { source, requester } = record;
    const octokit = (await connectGitHub()).installation(source.installation);
    const login = await loginOf(octokit, source.repository, requester);
    if (login === undefined) {
      log.info("There is nobody to notify", {
        transition: telling.transition,
        repositoryId: source.repository.id,
      });
      await noteTold(this.#store, record, telling.transition, { at: Date.now(), isDone: true });
      return;
    }
    const mention = { login, headline, ...(shows && { shows }) };
    const otherwise =
      this.notify === "review" && reviews ? () => requestReview(octokit, reviews, login) : undefined;
    await tellOnce(this.#store, record, { ...telling, mention, otherwise });
  }
}

/** Returns whether GitHub accepts the request. It refuses the pull request's author, and people who aren't collaborators. */
async function requestReview(
  octokit: Octokit,
  { repository, number }: TaskPull,
  login: string,
): Promise<boolean> {
  try {
    await new RepositoryClient(octokit, repository).requestReview(number, login);
    return true;
  } catch (error) {
    if (!isRefusal(error, 403, 404, 422)) throw error;
    log.info("GitHub refuses the review request, so the person is mentioned", { reason: error.reason });
    return false;
  }
}

function isSourced(record: TaskRecord): record is SourcedRecord {
  return record.source !== undefined;
}

function isDue({ at }: WatchedWork): boolean {
  const minutes = Math.ceil((Date.now() - at) / minuteMs / share);
  return Math.floor(Date.now() / minuteMs) % Math.min(Math.max(minutes, 1), leastOften) === 0;
}
