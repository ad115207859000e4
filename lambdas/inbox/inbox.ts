import { type Changes, type Condition, type Key, secondsFromNow, Table } from "../aws/table.js";
import { TransientError } from "../model/errors.js";
import type { TaskKey } from "../model/record.js";
import { isOfPull } from "./inputs.js";
import { earlierInputs } from "./legacy.js";
import { type Batch, type BatchInput, type InboxMeta, MetaItem } from "./meta.js";
import { Queue, type QueueEntry } from "./queue.js";
import type { NewInput, StoredInput, WaitingInput } from "./stored-input.js";
import { isNewer, replacedBy, whatToTell } from "./version.js";

const daySeconds = 24 * 3600;
/** Longer than anybody redelivers (three days); a drain that waits for a busy agent renews it each day. */
const keptForSeconds = 8 * daySeconds;
const parallelWrites = 25;
/** Inputs of 64 KiB each: 1 MB. */
const readAtOnce = 16;

/** What a put has done: `ignored` if this or something newer is known already. */
export type PutOutcome = "put" | "ignored";

/**
 * The inputs that wait for one task: items of the partition `inbox#<repository id>#<work>`. Each input is one item,
 * `input#<identity>`, that is read by its key, whether it waits or was delivered; those that wait are in the queue.
 * There are no transactions: every change is conditional, and repeated if it was overtaken.
 */
export class Inbox {
  readonly #table = new Table();
  readonly #pk: string;
  readonly #meta: MetaItem;
  readonly #queue: Queue;

  constructor({ repositoryId, work }: TaskKey) {
    this.#pk = `inbox#${repositoryId}#${work}`;
    this.#meta = new MetaItem(this.#table, this.#pk);
    this.#queue = new Queue(this.#table, this.#pk);
  }

  /** What is known of the whole, and the changes of it that concern no input. */
  get meta(): MetaItem {
    return this.#meta;
  }

  /**
   * Stores an input, or the newer text of one that is known; queues it; counts it. In this order, so that no drain ends
   * without it: one that ends reads the queue first, and then finds the count unchanged.
   */
  async put(input: NewInput, { isHuman }: { isHuman: boolean }): Promise<PutOutcome> {
    const { outcome, waits } = await this.#store(input);
    if (waits) {
      await this.#meta.countStored(input.identity, { resetsRounds: isHuman });
    } else if (isHuman) {
      await this.#meta.resetRounds();
    }
    return outcome;
  }

  async #store({ identity, ...fields }: NewInput): Promise<{ outcome: PutOutcome; waits: boolean }> {
    for (let attempt = 0; attempt < 10; attempt++) {
      const known = await this.#table.get<StoredInput>(this.#inputKey(identity));
      const isKnown = known && !isNewer(fields, known);
      const stored = isKnown ? known : await this.#write(identity, fields, known);
      if (!stored) continue;
      const waits = stored.state === "waiting";
      // Even if it is known: the run that stored it may have died before it came to this.
      if (waits) await this.#queue.add({ ...stored, identity }, keptForSeconds);
      return { outcome: isKnown ? "ignored" : "put", waits };
    }
    throw new TransientError("The input is being changed by too many deliveries at once. It is retried.");
  }

  #write(identity: string, fields: Omit<NewInput, "identity">, known: StoredInput | undefined) {
    const changes: Changes<StoredInput> = {
      ...fields,
      ...whatToTell(fields.input, known),
      head: fields.head,
      review: fields.review,
      replaced: replacedBy(fields, known),
      alone: undefined,
      // An edit of what still waits keeps its position; one of what was delivered has that of the edit.
      order: known?.state === "waiting" ? known.order : fields.order,
      expiresAt: secondsFromNow(keptForSeconds),
    };
    return this.#update(identity, changes, unchanged(known));
  }

  /** Takes an input back, whether it is there already or still to come; of what was delivered, later edits. */
  async withdraw(identity: string, delivery: string): Promise<void> {
    await this.#table.update<StoredInput>(this.#inputKey(identity), {
      state: "withdrawn",
      delivery,
      version: "",
      input: undefined,
      expiresAt: secondsFromNow(keptForSeconds),
    });
  }

  /** Whether this identity has been stored, in any state. */
  async knows(identity: string): Promise<boolean> {
    return (await this.#table.get(this.#inputKey(identity))) !== undefined;
  }

  /** What waits, with its texts, in the order in which it is sent. It is read as it is asked for. */
  async *waiting(): AsyncGenerator<WaitingInput> {
    for await (const page of this.#queue.pages(readAtOnce)) {
      for (const input of await Promise.all(page.map((entry) => this.#read(entry)))) {
        if (input) yield input;
      }
    }
  }

  /** Whether anything waits. */
  async hasWaiting(): Promise<boolean> {
    for await (const [first] of this.#queue.pages(1)) {
      if (first && (await this.#read(first))) return true;
      break;
    }
    // The first entry was left over, or has expired.
    for await (const page of this.#queue.pages(readAtOnce)) {
      for (const entry of page) if (await this.#read(entry)) return true;
    }
    return false;
  }

  /** Those of a message's inputs that still wait, as they were sent. */
  async waitingOf(inputs: readonly BatchInput[]): Promise<WaitingInput[]> {
    const found = await inParallel(inputs, async ({ identity, delivery }) => {
      const item = await this.#table.get<StoredInput>(this.#inputKey(identity));
      return item?.delivery === delivery ? waitingInput(item, { identity, queuedAt: 0 }) : undefined;
    });
    return found.filter((input) => input !== undefined);
  }

  /** The input of a queue entry; an entry that was left over is deleted. */
  async #read(entry: QueueEntry): Promise<WaitingInput | undefined> {
    if (entry.expiresAt <= secondsFromNow(0)) return undefined;
    const item = await this.#table.get<StoredInput>(this.#inputKey(entry.identity));
    if (item?.order === entry.order && item.state === "waiting") return waitingInput(item, entry);
    await this.#queue.remove(entry);
    return undefined;
  }

  /** Keeps what waits for a day from now: there is no task to tell it to. Returns how many inputs these are. */
  keepForADay(): Promise<number> {
    return this.#keepFor(daySeconds);
  }

  /** Keeps what waits as long as if it were put now. Returns how many inputs these are. */
  keepOn(): Promise<number> {
    return this.#keepFor(keptForSeconds);
  }

  async #keepFor(seconds: number): Promise<number> {
    await this.queueEarlier(await this.#meta.read());
    let kept = 0;
    for await (const page of this.#queue.pages(parallelWrites)) {
      const waits = await inParallel(page, async (entry) => {
        const { identity } = entry;
        if (!(await this.#read(entry))) return false;
        await this.#queue.keepFor(entry, seconds);
        const expiry = { expiresAt: secondsFromNow(seconds) };
        return (await this.#update(identity, expiry, isWaiting())) !== undefined;
      });
      kept += waits.filter(Boolean).length;
    }
    return kept;
  }

  /**
   * The batch has arrived: its inputs are delivered, except for what was changed while it was under way. `endsDrain`:
   * nothing else waits, by `meta` as the drain has read it. Returns whether the drain has ended.
   */
  async delivered(batch: Batch, endsDrain?: InboxMeta): Promise<boolean> {
    const waits = await inParallel(batch.entries, (input) => this.#delivered(input));
    const countsRound = batch.entries.some(({ identity }) => isOfPull(identity));
    const isLast = endsDrain !== undefined && !waits.includes(true);
    return this.#meta.closeBatch(batch, { countsRound, ...(isLast && { endsDrain }) });
  }

  /** Resolves to `true` if a newer text of it waits. */
  async #delivered({ identity, version, delivery, text }: BatchInput): Promise<boolean> {
    const told: Changes<StoredInput> = { deliveredVersion: version, deliveredText: text };
    const delivered = { ...told, state: "delivered", input: undefined } as const;
    const done = await this.#update(identity, delivered, waitingAs(delivery));
    if (done) {
      await this.#queue.remove({ identity, delivery, order: done.order });
      return false;
    }
    const newer =
      // Edited meanwhile: what waits now is an edit of what was told.
      (await this.#update(identity, told, isWaiting())) ??
      // Or put back to what had been told before, which is news again.
      (await this.#update(identity, { ...told, state: "waiting" }, isPutBack(delivery)));
    if (!newer) return false;
    await this.#queue.add({ ...newer, identity }, keptForSeconds);
    return true;
  }

  /** The batch has not arrived, or nobody can know: its inputs wait on. */
  async returned(
    batch: Batch,
    { mayHaveArrived, repeated = [] }: { mayHaveArrived: boolean; repeated?: BatchInput[] | undefined },
  ): Promise<void> {
    const isOther = ({ identity }: BatchInput) => !batch.entries.some((sent) => sent.identity === identity);
    const all = [...batch.entries, ...repeated.filter(isOther)];
    await this.#meta.closeBatch(batch, mayHaveArrived ? { repeated: all } : {});
  }

  /**
   * The batch was denied for good. A single input is dropped, and its identity returned; of several, each is sent alone
   * from now on, for nobody knows which of them it was.
   */
  async denied(batch: Batch): Promise<string | undefined> {
    const [first, ...others] = batch.entries;
    if (first && others.length === 0) {
      await this.drop(first);
      await this.#meta.closeBatch(batch);
      return first.identity;
    }
    await inParallel(batch.entries, ({ identity, delivery }) =>
      this.#update(identity, { alone: true }, waitingAs(delivery)),
    );
    await this.#meta.closeBatch(batch);
    return undefined;
  }

  /** Drops an input that no longer matters. */
  async drop({ identity, delivery }: Pick<BatchInput, "identity" | "delivery">): Promise<void> {
    const changes = { state: "withdrawn", input: undefined } as const;
    const dropped = await this.#update(identity, changes, waitingAs(delivery));
    if (dropped) await this.#queue.remove({ identity, delivery, order: dropped.order });
  }

  /** Whether this is the first time within ninety days that `note` is made here, or the same delivery again. */
  async noteOnce(note: string, delivery: string): Promise<boolean> {
    const noted = await this.#table.update(
      { pk: this.#pk, sk: `note#${note}` },
      { delivery, expiresAt: secondsFromNow(90 * daySeconds) },
      {
        condition: {
          expression: "attribute_not_exists(#delivery) OR #delivery = :me",
          values: { me: delivery },
        },
      },
    );
    return noted !== undefined;
  }

  /** Puts what an earlier version has stored into the queue. */
  async queueEarlier({ puts }: InboxMeta): Promise<void> {
    if (puts === undefined) return;
    const { inputs, repeated } = await earlierInputs(this.#table, this.#pk);
    await inParallel(inputs, (input) => this.#queue.add(input, keptForSeconds));
    await this.#meta.noteQueued(puts, repeated);
  }

  #update(identity: string, changes: Changes<StoredInput>, condition: Condition) {
    return this.#table.update<StoredInput>(this.#inputKey(identity), changes, { condition });
  }

  #inputKey(identity: string): Key {
    return { pk: this.#pk, sk: `input#${identity}` };
  }
}

function waitingInput(
  item: StoredInput,
  entry: Pick<QueueEntry, "identity" | "queuedAt">,
): WaitingInput | undefined {
  const { state, input, expiresAt } = item;
  if (state !== "waiting" || input === undefined || expiresAt <= secondsFromNow(0)) return undefined;
  return { ...item, input, identity: entry.identity, queuedAt: entry.queuedAt };
}

function unchanged(known: StoredInput | undefined): Condition {
  if (!known) return { expression: "attribute_not_exists(#delivery)" };
  const { delivery, state } = known;
  return { expression: "#delivery = :delivery AND #state = :state", values: { delivery, state } };
}

function isWaiting(): Condition {
  return { expression: "#state = :waiting", values: { waiting: "waiting" } };
}

/** Waiting, with the text that this delivery brought: two edits of one second have the same version. */
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

async function inParallel<T, Result>(
  items: readonly T[],
  run: (item: T) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let i = 0; i < items.length; i += parallelWrites) {
    results.push(...(await Promise.all(items.slice(i, i + parallelWrites).map(run))));
  }
  return results;
}
