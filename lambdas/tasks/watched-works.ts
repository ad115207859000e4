import { secondsFromNow, Table } from "../aws/table.js";
import type { TaskKey } from "../model/record.js";

/** If nothing in a work has changed for this long, it is no longer checked. */
const keptForSeconds = 30 * 24 * 3600;

/** Longer than the time between a note and the change that it is about. */
const settledMs = 15 * 60_000;

export interface WatchedWork extends TaskKey {
  /** When something last changed: milliseconds since the epoch. */
  at: number;
}

const pk = "task#watched";

/**
 * The works in which something may be due without a delivery: a person to notify, an agent that works, the checks of a pull
 * request. Each has an item, `sk = work#<repository id>#<work>`. A work at rest is not on the list, and costs nothing.
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

  /** Removes a work from the list, unless it was just noted, or noted again since it was listed. */
  async remove(work: WatchedWork): Promise<void> {
    if (Date.now() - work.at < settledMs) return;
    await this.#table.delete(keyOf(work), { expression: "#at = :at", values: { at: work.at } });
  }
}

const keyOf = ({ repositoryId, work }: TaskKey) => ({ pk, sk: `work#${repositoryId}#${work}` });
