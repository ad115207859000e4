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
import { withCurrentAudience } from "./current-audience.js";
import { type StatusTarget, statusTarget } from "./target.js";
import { statusText } from "./text.js";

/** The part of the task records' store that a status comment uses. */
export interface Records {
  get(key: TaskKey): Promise<TaskRecord | undefined>;
  update(key: TaskKey, changes: Changes<TaskRecord>, condition: Condition): Promise<TaskRecord | undefined>;
}

/** The states that a new comment can start with. */
const firstStates: readonly TaskState[] = ["created", "refused"];

/** Longer than the creation of a comment takes, including the timeout. */
const lockMs = 30_000;

/**
 * The App's one comment on an issue, which follows the task. Work without an issue has a tracking issue instead. The task's
 * record holds the status. Each run changes the record, writes the comment, reads the record again, and repeats the write
 * if the record has changed. So the newest status wins, no matter in which order the writes arrive at GitHub.
 */
export class StatusComment {
  readonly #target: StatusTarget;
  readonly #key: TaskKey;
  #source: WorkSource;
  /** The holder of the lock. A retry of the same run has the same name. */
  readonly #holder: string;

  constructor(
    private readonly store: Records,
    private readonly app: GitHubApp,
    source: WorkSource,
    holder: string,
  ) {
    this.#target = statusTarget(app, source);
    this.#key = taskKey(source);
    this.#source = source;
    this.#holder = holder;
  }

  /**
   * Shows `status` if the condition on the record holds, and returns whether it does. `report` replaces Coder's last report;
   * an empty one removes it.
   */
  async say(status: TaskStatus, condition: Condition, report?: string): Promise<boolean> {
    const first = await this.#beFirst(status, condition);
    const changes = { status, ...(report !== undefined && { report: report || undefined }) };
    const record = first ?? (await this.store.update(this.#key, changes, condition));
    if (!record) return false;
    await this.#publishIfAllowed(record, first !== undefined);
    return true;
  }

  /** Updates the comment after a change of the record other than its status. Without a status, there is no comment yet. */
  async refresh(record: TaskRecord): Promise<void> {
    if (record.status) await this.#publishIfAllowed(record, false);
  }

  async #publishIfAllowed(record: TaskRecord, isFirst: boolean): Promise<void> {
    const what = {
      said: `the status "${record.status?.state}" of ${this.#key.work}`,
      repositoryId: this.#key.repositoryId,
    };
    const isSaid = await postIfAllowed(what, () => this.#publish(record, isFirst));
    // Otherwise, other runs would wait for the comment until the lock expires.
    if (!isSaid) await this.#release({});
  }

  /**
   * If the issue is known to have no status comment yet, one write sets both the status and the lock, so the person who
   * assigned the agent sees an answer sooner.
   */
  async #beFirst(status: TaskStatus, { expression, values }: Condition): Promise<TaskRecord | undefined> {
    if (!("issue" in this.#source) || !firstStates.includes(status.state)) return undefined;
    const searched = this.#target.isUntouched ? "" : " AND attribute_exists(#commentSearched)";
    const untouched = `attribute_not_exists(#commentId) AND attribute_not_exists(#commentLock)${searched}`;
    return this.store.update(
      this.#key,
      { status, ...this.#lock() },
      { expression: `(${expression}) AND ${untouched}`, ...(values && { values }) },
    );
  }

  async #publish(record: TaskRecord, isFirst: boolean): Promise<void> {
    // The first status comes from an event of just now.
    if (!isFirst) this.#source = await withCurrentAudience(this.app, this.#source);
    let now = isFirst ? await this.#post(record) : await this.#show(record);
    for (
      let shown = record;
      now && (now.commentId === undefined || this.#text(now) !== this.#text(shown));
    ) {
      shown = now;
      now = await this.#show(shown);
    }
  }

  /** Writes the record's status into the comment, and returns the record as it is after that. */
  async #show(record: TaskRecord): Promise<TaskRecord | undefined> {
    return record.commentId === undefined ? this.#create(record) : this.#update(record.commentId, record);
  }

  /** Returns the record after the update, without the comment's id if the comment was deleted. */
  async #update(commentId: number, record: TaskRecord): Promise<TaskRecord | undefined> {
    if (await this.#target.update(commentId, this.#text(record), record.status))
      return this.store.get(this.#key);
    const condition = { expression: "#commentId = :gone", values: { gone: commentId } };
    return (
      (await this.store.update(this.#key, { commentId: undefined }, condition)) ?? this.store.get(this.#key)
    );
  }

  /**
   * Creates the comment under a lock, or adopts an existing one whose id was lost. The search can run while the lock is
   * being taken, because the lock is only granted while the record has no id.
   */
  async #create(record: TaskRecord): Promise<TaskRecord | undefined> {
    if (!this.#target.opensWith(record.status)) return undefined;
    const isKnownToHaveNone = this.#target.isUntouched || record.commentSearched === true;
    const mayBeLost = !isKnownToHaveNone || record.commentLock !== undefined;
    const [locked, lost] = await Promise.all([
      this.store.update(this.#key, this.#lock(), {
        expression:
          "attribute_not_exists(#commentId) AND (attribute_not_exists(#commentLock) OR #commentLock = :me OR #commentLockUntil < :now)",
        values: { me: this.#holder, now: Date.now() },
      }),
      mayBeLost ? this.#target.find() : undefined,
    ]);
    if (!locked) {
      const now = await this.store.get(this.#key);
      if (now?.commentId !== undefined) return now;
      throw new TransientError("Another run is creating the status comment. It is retried.");
    }
    if (lost === undefined) return this.#post(record);
    await this.#target.update(lost, this.#text(record), record.status);
    return this.#unlock(lost);
  }

  /** Creates the comment. The caller holds the lock. */
  async #post(record: TaskRecord): Promise<TaskRecord | undefined> {
    return this.#unlock(await this.#target.create(this.#text(record)));
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
