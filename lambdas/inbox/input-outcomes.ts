import type { Changes, Condition } from "../aws/table.js";
import { type InputItems, inParallel, isWaiting } from "./input-items.js";
import { isOfPull } from "./inputs.js";
import type { Batch, BatchInput, InboxMeta, MetaItem } from "./meta.js";
import type { Queue } from "./queue.js";
import type { StoredInput } from "./stored-input.js";

/** Records the outcome of a batch: its inputs were delivered, returned or denied. */
export class InputOutcomes {
  constructor(
    private readonly items: InputItems,
    private readonly queue: Queue,
    private readonly meta: MetaItem,
  ) {}

  /**
   * Records that the batch has arrived: its inputs are delivered, except for those that changed during the send. If nothing
   * else waits, `endsDrain` is the `meta` that the drain has read. Returns whether the drain has ended.
   */
  async delivered(batch: Batch, endsDrain?: InboxMeta): Promise<boolean> {
    const waits = await inParallel(batch.entries, (input) => this.#delivered(input));
    const countsRound = batch.entries.some(({ identity }) => isOfPull(identity));
    const isLast = endsDrain !== undefined && !waits.includes(true);
    return this.meta.closeBatch(batch, { countsRound, ...(isLast && { endsDrain }) });
  }

  /** Resolves to `true` if a newer text of the input waits. */
  async #delivered({ identity, version, delivery, text }: BatchInput): Promise<boolean> {
    const sent: Changes<StoredInput> = { deliveredVersion: version, deliveredText: text };
    const delivered = { ...sent, state: "delivered", input: undefined } as const;
    const done = await this.items.update(identity, delivered, waitingAs(delivery));
    if (done) {
      await this.queue.remove({ identity, delivery, order: done.order });
      return false;
    }
    const newer =
      // Edited in the meantime: now an edit of the delivered text waits.
      (await this.items.update(identity, sent, isWaiting())) ??
      // Or edited back to the text that was delivered earlier, which is news again.
      (await this.items.update(identity, { ...sent, state: "waiting" }, isPutBack(delivery)));
    if (!newer) return false;
    await this.queue.add({ ...newer, identity });
    return true;
  }

  /** Records that the batch has not arrived, or perhaps not: its inputs keep waiting. */
  async returned(
    batch: Batch,
    { mayHaveArrived, repeated = [] }: { mayHaveArrived: boolean; repeated?: BatchInput[] | undefined },
  ): Promise<void> {
    const isOther = ({ identity }: BatchInput) => !batch.entries.some((sent) => sent.identity === identity);
    const all = [...batch.entries, ...repeated.filter(isOther)];
    await this.meta.closeBatch(batch, mayHaveArrived ? { repeated: all } : {});
  }

  /**
   * Records that Coder rejected the batch permanently. A single input is dropped, and its identity returned. If there are
   * several, each is sent alone from now on, because any of them may be the reason.
   */
  async denied(batch: Batch): Promise<string | undefined> {
    const [first, ...others] = batch.entries;
    if (first && others.length === 0) {
      await this.drop(first);
      await this.meta.closeBatch(batch);
      return first.identity;
    }
    await inParallel(batch.entries, ({ identity, delivery }) =>
      this.items.update(identity, { alone: true }, waitingAs(delivery)),
    );
    await this.meta.closeBatch(batch);
    return undefined;
  }

  /** Drops an input that no longer matters. */
  async drop({ identity, delivery }: Pick<BatchInput, "identity" | "delivery">): Promise<void> {
    const changes = { state: "withdrawn", input: undefined } as const;
    const dropped = await this.items.update(identity, changes, waitingAs(delivery));
    if (dropped) await this.queue.remove({ identity, delivery, order: dropped.order });
  }
}

/** It waits with the text of this delivery. The version is not enough: two edits within one second share it. */
function waitingAs(delivery: string): Condition {
  return {
    expression: "#state = :waiting AND #delivery = :delivery",
    values: { waiting: "waiting", delivery },
  };
}

function isPutBack(delivery: string): Condition {
  return {
    expression: "#state = :done AND #delivery <> :delivery AND attribute_exists(#input)",
    values: { done: "delivered", delivery },
  };
}
