import { secondsFromNow, Table } from "../aws/table.js";
import type { TaskKey } from "../model/record.js";

/** A work in which nothing has changed for this long is not looked at any more. */
const keptForSeconds = 30 * 24 * 3600;

/** Longer than from a note to the change that it is about. */
const settledMs = 15 * 60_000;

export interface WatchedWork extends TaskKey {
  /** When something was changed last: milliseconds since the epoch. */
  at: number;
}

const pk = "task#watched";

/**
 * The works in which something may be due that no delivery says: a person to be told, an agent that works, the checks of a
 * pull request. One item for each, `sk = work#<repository id>#<work>`. A work at rest is not among them, and costs nothing.
 */
export class WatchedWorks {
  readonly #table = new Table();

  async note({ repositoryId, work }: TaskKey): Promise<void> {
    const item = { repositoryId, work, at: Date.now(), expiresAt: secondsFromNow(keptForSeconds) };
    await this.#table.update(keyOf(item), item);
  }

  async list(): Promise<WatchedWork[]> {
    return this.#table.query<WatchedWork>(pk, "work#");
  }

  /** Unless it was noted a moment ago, or again since. */
  async remove(work: WatchedWork): Promise<void> {
    if (Date.now() - work.at < settledMs) return;
    await this.#table.delete(keyOf(work), { expression: "#at = :at", values: { at: work.at } });
  }
}

const keyOf = ({ repositoryId, work }: TaskKey) => ({ pk, sk: `work#${repositoryId}#${work}` });
