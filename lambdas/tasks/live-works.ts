import { type Key, Table } from "../aws/table.js";

export interface LiveWork {
  work: string;
  /** When the work was last wanted: milliseconds since the epoch. */
  at: number;
}

/** A note younger than this is kept, because a claim notes the work a moment before the record says that it is wanted. */
const settledMs = 15 * 60_000;

const table = new Table();

/**
 * The works of a repository that want a task, and some that no longer do; their records say which. Each has an item,
 * `pk = task#<repository id>`, `sk = live#<work>`, because records can be read only by their keys.
 */
export class LiveWorks {
  constructor(private readonly repositoryId: number) {}

  /** Must be called before the record says that the work is wanted. */
  async note(work: string): Promise<void> {
    await table.update<LiveWork>(this.#key(work), { work, at: Date.now() });
  }

  async list(): Promise<LiveWork[]> {
    return table.query<LiveWork>(this.#key("").pk, "live#");
  }

  /** Removes a work whose record doesn't say that it is wanted, unless it was just noted, or noted again since the read. */
  async prune({ work, at }: LiveWork): Promise<void> {
    if (Date.now() - at < settledMs) return;
    await table.delete(this.#key(work), { expression: "#at = :at", values: { at } });
  }

  #key(work: string): Key {
    return { pk: `task#${this.repositoryId}`, sk: `live#${work}` };
  }
}
