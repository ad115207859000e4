import { secondsFromNow, type Table } from "../aws/table.js";
import { inputSeconds } from "./stored-input.js";

/** The queue's item for an input that waits. `delivery` is the one that put the input. */
export interface QueueEntry {
  identity: string;
  order: string;
  delivery: string;
  /** Milliseconds since the epoch. */
  queuedAt: number;
  /** DynamoDB's time to live, in seconds since the epoch. */
  expiresAt: number;
}

type NewEntry = Pick<QueueEntry, "identity" | "order" | "delivery">;

/**
 * The order in which inputs are sent: comments in the order of GitHub's time, then failed runs. Each input that waits has
 * one small item, `waiting#<0 or 1>#<order>#<identity>`. A drain reads only as many as fit into a message, however many wait
 * or were delivered before. An item is written after its input, and may be left over when the input no longer waits, so
 * each reader checks the input.
 */
export class Queue {
  constructor(
    private readonly table: Table,
    private readonly pk: string,
  ) {}

  /** Queues an input that waits. */
  async add({ identity, order, delivery }: NewEntry): Promise<void> {
    const expiresAt = secondsFromNow(inputSeconds);
    const entry = { identity, order, delivery, queuedAt: Date.now(), expiresAt };
    await this.table.update(this.#key(entry), entry);
  }

  /** Deletes an entry, unless another delivery has written it since. With `queuedAt`, any later put protects it. */
  async remove(entry: NewEntry & { queuedAt?: number }): Promise<void> {
    const { delivery, queuedAt } = entry;
    await this.table.delete(this.#key(entry), {
      expression: `#delivery = :delivery${queuedAt === undefined ? "" : " AND #queuedAt = :queuedAt"}`,
      values: { delivery, ...(queuedAt !== undefined && { queuedAt }) },
    });
  }

  async keepFor(entry: QueueEntry, seconds: number): Promise<void> {
    const condition = { expression: "#delivery = :delivery", values: { delivery: entry.delivery } };
    await this.table.update(this.#key(entry), { expiresAt: secondsFromNow(seconds) }, { condition });
  }

  /** All entries in order, in pages of `pageSize`. */
  async *pages(pageSize: number): AsyncGenerator<QueueEntry[]> {
    let page: QueueEntry[] = [];
    for await (const entry of this.table.each<QueueEntry>(this.pk, "waiting#", { pageSize })) {
      page.push(entry);
      if (page.length < pageSize) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  }

  #key({ identity, order }: Pick<QueueEntry, "identity" | "order">) {
    return { pk: this.pk, sk: `waiting#${rankOf(identity)}#${order}#${identity}` };
  }
}

/** Failed runs follow the comments. Only their identities begin with `run`. */
function rankOf(identity: string): 0 | 1 {
  return identity.startsWith("run") ? 1 : 0;
}
