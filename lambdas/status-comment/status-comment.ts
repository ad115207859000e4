import { isRefusal, TransientError } from "../errors.js";
import type { GitHubApp } from "../github/app.js";
import { IssueClient } from "../github/issues.js";
import type { Condition } from "../table/table.js";
import {
  type IssueSource,
  type TaskKey,
  type TaskRecord,
  type TaskStatus,
  taskKey,
} from "../tasks/record.js";
import type { TaskStore } from "../tasks/store.js";
import { statusMarker } from "./marker.js";
import { statusText } from "./text.js";

/** Longer than a comment takes to be created, time-out included. */
const lockMs = 30_000;

/**
 * The one comment of the App's bot on an issue, that follows its task. What it should say stands in the task's
 * record; whoever changes that writes the comment, and then looks whether somebody has changed it meanwhile:
 * so the last word wins, in whatever order the writes arrive at GitHub.
 */
export class StatusComment {
  readonly #issue: IssueClient;
  readonly #key: TaskKey;
  /** Who holds the lock, by a name that a retry of the same run has too. */
  readonly #holder: string;
  readonly #appId: string;
  readonly #mayHaveComments: boolean;

  constructor(
    private readonly store: TaskStore,
    app: GitHubApp,
    source: IssueSource,
    holder: string,
  ) {
    this.#issue = new IssueClient(app.installation(source.installation), source);
    this.#key = taskKey(source);
    this.#holder = holder;
    this.#mayHaveComments = source.issue.commented;
    this.#appId = app.id;
  }

  /** Says `status`, where the condition on the record holds; returns whether it does. */
  async say(status: TaskStatus, condition: Condition): Promise<boolean> {
    const record = await this.store.update(this.#key, { status }, condition);
    if (!record) return false;
    try {
      await this.#publish(record);
    } catch (error) {
      // The issue was deleted or moved away: there is nobody left to tell.
      if (!isRefusal(error, 404, 410)) throw error;
    }
    return true;
  }

  async #publish(record: TaskRecord): Promise<void> {
    for (let shown: TaskRecord | undefined = record; shown; ) {
      const body = statusText(shown);
      const now: TaskRecord | undefined = await (shown.commentId === undefined
        ? this.#create(body, shown)
        : this.#update(shown.commentId, body));
      if (now?.commentId !== undefined && statusText(now) === body) return;
      shown = now;
    }
  }

  /** Returns the record as it is after the update, without the comment's id where the comment is gone. */
  async #update(commentId: number, body: string): Promise<TaskRecord | undefined> {
    if (await this.#issue.updateComment(commentId, body)) return this.store.get(this.#key);
    const condition = { expression: "#commentId = :gone", values: { gone: commentId } };
    return (
      (await this.store.update(this.#key, { commentId: undefined }, condition)) ?? this.store.get(this.#key)
    );
  }

  /**
   * Creates the comment under a lock, or adopts the one whose id was lost. Looking for it beside taking the lock
   * is safe: the lock is only given while no id is known.
   */
  async #create(body: string, record: TaskRecord): Promise<TaskRecord | undefined> {
    const mayBeLost = this.#mayHaveComments || record.commentLock !== undefined;
    const [locked, lost] = await Promise.all([
      this.store.update(
        this.#key,
        { commentLock: this.#holder, commentLockUntil: Date.now() + lockMs },
        {
          expression:
            "attribute_not_exists(#commentId) AND (attribute_not_exists(#commentLock) OR #commentLock = :me OR #commentLockUntil < :now)",
          values: { me: this.#holder, now: Date.now() },
        },
      ),
      mayBeLost ? this.#issue.findOwnComment(statusMarker, this.#appId) : undefined,
    ]);
    if (!locked) {
      const now = await this.store.get(this.#key);
      if (now?.commentId !== undefined) return now;
      throw new TransientError("Another run is creating the status comment. It is retried.");
    }
    const commentId = lost ?? (await this.#issue.createComment(body));
    if (lost !== undefined) await this.#issue.updateComment(lost, body);
    return this.store.update(
      this.#key,
      { commentId, commentLock: undefined, commentLockUntil: undefined },
      { expression: "#commentLock = :me", values: { me: this.#holder } },
    );
  }
}
