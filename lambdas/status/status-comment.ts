import type { Changes, Condition } from "../aws/table.js";
import type { GitHubApp } from "../github/app.js";
import { postIfAllowed } from "../github/post-if-allowed.js";
import { TransientError } from "../model/errors.js";
import {
  type TaskKey,
  type TaskRecord,
  type TaskState,
  type TaskStatus,
  taskKey,
  type WorkSource,
} from "../model/record.js";
import { type StatusPlace, statusPlace } from "./place.js";
import { statusText } from "./text.js";

/** The records of tasks, as far as a status comment reads and changes them. */
export interface Records {
  get(key: TaskKey): Promise<TaskRecord | undefined>;
  update(key: TaskKey, changes: Changes<TaskRecord>, condition: Condition): Promise<TaskRecord | undefined>;
}

/** What a comment can begin with. */
const firstWords: readonly TaskState[] = ["created", "refused"];

/** Longer than a comment takes to be created, time-out included. */
const lockMs = 30_000;

/**
 * The one comment of the App's bot on an issue, that follows its task; the tracking issue of work without one. What
 * it should say stands in the task's record; whoever changes that writes the comment, and then looks whether somebody
 * has changed it meanwhile: so the last word wins, in whatever order the writes arrive at GitHub.
 */
export class StatusComment {
  readonly #place: StatusPlace;
  readonly #key: TaskKey;
  readonly #source: WorkSource;
  /** Who holds the lock, by a name that a retry of the same run has too. */
  readonly #holder: string;

  constructor(
    private readonly store: Records,
    app: GitHubApp,
    source: WorkSource,
    holder: string,
  ) {
    this.#place = statusPlace(app, source);
    this.#key = taskKey(source);
    this.#source = source;
    this.#holder = holder;
  }

  /**
   * Says `status`, where the condition on the record holds; returns whether it does. `report` takes the place of
   * what was known of the work before, an empty one too.
   */
  async say(status: TaskStatus, condition: Condition, report?: string): Promise<boolean> {
    const first = await this.#beFirst(status, condition);
    const changes = { status, ...(report !== undefined && { report: report || undefined }) };
    const record = first ?? (await this.store.update(this.#key, changes, condition));
    if (!record) return false;
    const what = {
      said: `the status "${status.state}" of ${this.#key.work}`,
      repositoryId: this.#key.repositoryId,
    };
    const isSaid = await postIfAllowed(what, () => this.#publish(record, first !== undefined));
    // So that nobody waits for the comment that there is not.
    if (!isSaid) await this.#release({});
    return true;
  }

  /**
   * If the issue is known to have no status comment yet, the status and the lock take one write: whoever has just
   * assigned an issue sees an answer the sooner.
   */
  async #beFirst(status: TaskStatus, { expression, values }: Condition): Promise<TaskRecord | undefined> {
    if (!("issue" in this.#source) || !firstWords.includes(status.state)) return undefined;
    const searched = this.#place.isUntouched ? "" : " AND attribute_exists(#commentSearched)";
    const untouched = `attribute_not_exists(#commentId) AND attribute_not_exists(#commentLock)${searched}`;
    return this.store.update(
      this.#key,
      { status, ...this.#lock() },
      { expression: `(${expression}) AND ${untouched}`, ...(values && { values }) },
    );
  }

  async #publish(record: TaskRecord, isFirst: boolean): Promise<void> {
    let now = isFirst ? await this.#post(record) : await this.#show(record);
    for (
      let shown = record;
      now && (now.commentId === undefined || this.#text(now) !== this.#text(shown));
    ) {
      shown = now;
      now = await this.#show(shown);
    }
  }

  /** Lets the comment say what the record says; returns the record as it is then. */
  async #show(record: TaskRecord): Promise<TaskRecord | undefined> {
    return record.commentId === undefined ? this.#create(record) : this.#update(record.commentId, record);
  }

  /** Returns the record as it is after the update, without the comment's id where the comment is gone. */
  async #update(commentId: number, record: TaskRecord): Promise<TaskRecord | undefined> {
    if (await this.#place.update(commentId, this.#text(record), record.status))
      return this.store.get(this.#key);
    const condition = { expression: "#commentId = :gone", values: { gone: commentId } };
    return (
      (await this.store.update(this.#key, { commentId: undefined }, condition)) ?? this.store.get(this.#key)
    );
  }

  /**
   * Creates the comment under a lock, or adopts the one whose id was lost. Looking for it beside taking the lock
   * is safe: the lock is only given while no id is known.
   */
  async #create(record: TaskRecord): Promise<TaskRecord | undefined> {
    if (!this.#place.opensWith(record.status)) return undefined;
    const isKnownToHaveNone = this.#place.isUntouched || record.commentSearched === true;
    const mayBeLost = !isKnownToHaveNone || record.commentLock !== undefined;
    const [locked, lost] = await Promise.all([
      this.store.update(this.#key, this.#lock(), {
        expression:
          "attribute_not_exists(#commentId) AND (attribute_not_exists(#commentLock) OR #commentLock = :me OR #commentLockUntil < :now)",
        values: { me: this.#holder, now: Date.now() },
      }),
      mayBeLost ? this.#place.find() : undefined,
    ]);
    if (!locked) {
      const now = await this.store.get(this.#key);
      if (now?.commentId !== undefined) return now;
      throw new TransientError("Another run is creating the status comment. It is retried.");
    }
    if (lost === undefined) return this.#post(record);
    await this.#place.update(lost, this.#text(record), record.status);
    return this.#unlock(lost);
  }

  /** Creates the comment; the lock is held. */
  async #post(record: TaskRecord): Promise<TaskRecord | undefined> {
    return this.#unlock(await this.#place.create(this.#text(record)));
  }

  #text(record: TaskRecord): string {
    return statusText(record, this.#source);
  }

  #lock() {
    return { commentLock: this.#holder, commentLockUntil: Date.now() + lockMs };
  }

  #unlock(commentId: number): Promise<TaskRecord | undefined> {
    return this.#release({ commentId });
  }

  #release(changes: Pick<TaskRecord, "commentId">): Promise<TaskRecord | undefined> {
    return this.store.update(
      this.#key,
      { ...changes, commentLock: undefined, commentLockUntil: undefined },
      { expression: "#commentLock = :me", values: { me: this.#holder } },
    );
  }
}
