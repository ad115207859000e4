import { type Changes, type Condition, secondsFromNow, Table } from "../aws/table.js";
import { TransientError } from "../model/errors.js";
import type { TaskKey } from "../model/record.js";
import { measure } from "../runtime/metrics.js";
import { InputItems, inboxPartition, inParallel, isWaiting, parallelWrites } from "./input-items.js";
import { InputOutcomes } from "./input-outcomes.js";
import { earlierInputs } from "./legacy.js";
import { type BatchInput, type InboxMeta, MetaItem } from "./meta.js";
import { Queue, type QueueEntry } from "./queue.js";
import { inputSeconds, type NewInput, type StoredInput, type WaitingInput } from "./stored-input.js";
import { isNewer, replacedBy, whatToTell } from "./version.js";

/** Inputs of 64 KiB each: 1 MB. */
const readAtOnce = 16;
const daySeconds = 24 * 3600;

/** The outcome of a put: `ignored` if this version or a newer one is already stored. */
export type PutOutcome = "put" | "ignored";

/** `meta` is its value after the input was counted; `undefined` if the input does not wait. */
export interface StoredPut {
  outcome: PutOutcome;
  meta?: InboxMeta | undefined;
}

/**
 * The inputs that wait for one task: items of the partition `inbox#<repository id>#<work>`. Each input is one item,
 * `input#<identity>`, and is read by its key, whether it waits or was delivered. Those that wait are also in the queue.
 * There are no transactions: every change is conditional, and is repeated if another change was faster.
 */
export class Inbox {
  readonly #table = new Table();
  readonly #pk: string;
  readonly #items: InputItems;
  readonly #queue: Queue;
  /** The item about the whole inbox, with the changes that concern no single input. */
  readonly meta: MetaItem;
  /** The changes to inputs that leave the queue or belong to a batch. */
  readonly outcomes: InputOutcomes;

  constructor({ repositoryId, work }: TaskKey) {
    this.#pk = inboxPartition({ repositoryId, work });
    this.#items = new InputItems(this.#table, this.#pk);
    this.#queue = new Queue(this.#table, this.#pk);
    this.meta = new MetaItem(this.#table, this.#pk);
    this.outcomes = new InputOutcomes(this.#items, this.#queue, this.meta);
  }

  /**
   * Stores an input, or the newer text of a known one, then queues it, then counts it. The order matters: before a drain
   * ends, it reads the queue and then checks that the count is unchanged, so it can't miss an input.
   */
  async put(input: NewInput, { isHuman }: { isHuman: boolean }): Promise<StoredPut> {
    const { outcome, waits } = await this.#store(input);
    if (waits) {
      return { outcome, meta: await this.meta.countStored(input.identity, { resetsRounds: isHuman }) };
    }
    if (isHuman) await this.meta.resetRounds();
    return { outcome };
  }

  async #store({ identity, ...fields }: NewInput): Promise<{ outcome: PutOutcome; waits: boolean }> {
    // A comment that isn't an edit is probably new, so it is written without a read, on the condition that there is no item.
    const isProbablyNew = fields.input.kind !== "failure" && fields.input.previousBody === undefined;
    for (let attempt = 0; attempt < 10; attempt++) {
      const known = isProbablyNew && attempt === 0 ? undefined : await this.#items.get(identity);
      const isKnown = known && !isNewer(fields, known);
      const stored = isKnown ? known : await this.#write(identity, fields, known);
      if (!stored) continue;
      const waits = stored.state === "waiting";
      // Known inputs are queued again because the run that stored one may have died before it queued it.
      if (waits) await this.#queue.add({ ...stored, identity });
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
      // If the input still waits, an edit keeps its position. If it was delivered, the edit gets its own.
      order: known?.state === "waiting" ? known.order : fields.order,
      expiresAt: secondsFromNow(inputSeconds),
    };
    return this.#items.update(identity, changes, unchanged(known));
  }

  /** Withdraws an input, even before it is put. If it was already delivered, only its later edits are withdrawn. */
  async withdraw(identity: string, delivery: string): Promise<void> {
    await this.#items.update(identity, {
      state: "withdrawn",
      delivery,
      version: "",
      input: undefined,
      expiresAt: secondsFromNow(inputSeconds),
    });
  }

  /** Drops the waiting inputs about a pull request that the task no longer works on. */
  async dropAbout({ owner, name, number }: { owner: string; name: string; number: number }): Promise<void> {
    for await (const { input, ...waiting } of this.waiting()) {
      const { subject } = input;
      const isAbout = subject.kind === "pull" && subject.number === number;
      if (isAbout && subject.repository === `${owner}/${name}`) await this.outcomes.drop(waiting);
    }
  }

  /** The state of this identity's input; `undefined` if it is not stored. */
  async stateOf(identity: string): Promise<StoredInput["state"] | undefined> {
    return (await this.#items.get(identity))?.state;
  }

  /** The inputs that wait, in the order in which they will be sent. They are read as the caller consumes them. */
  async *waiting(): AsyncGenerator<WaitingInput> {
    for await (const page of this.#queue.pages(readAtOnce)) {
      for (const input of await Promise.all(page.map((entry) => this.#read(entry)))) {
        if (input) yield input;
      }
    }
  }

  /** Measures the queue. A drain calls it at each observation of a busy agent, so it reads only the first entry. */
  async measureWaiting({ stored = 0, settled = 0 }: InboxMeta): Promise<void> {
    for await (const [first] of this.#queue.pages(1)) {
      if (!first) break;
      measure("InboxDepth", stored - settled);
      measure("OldestInputAge", (Date.now() - first.queuedAt) / 1000);
      break;
    }
  }

  /**
   * Measures how long the first input has waited although the agent was ready. `readySince` is in milliseconds since the
   * epoch, or `undefined` if Coder doesn't report it.
   */
  async measureUnsent(readySince: number | undefined): Promise<void> {
    if (readySince === undefined) return;
    for await (const [first] of this.#queue.pages(1)) {
      if (first) measure("UnsentInputAge", (Date.now() - Math.max(first.queuedAt, readySince)) / 1000);
      break;
    }
  }

  /** Whether anything waits. */
  async hasWaiting(): Promise<boolean> {
    for await (const [first] of this.#queue.pages(1)) {
      if (first && (await this.#read(first))) return true;
      break;
    }
    // The first entry is left over or has expired.
    for await (const page of this.#queue.pages(readAtOnce)) {
      for (const entry of page) if (await this.#read(entry)) return true;
    }
    return false;
  }

  /** The inputs of a batch that still wait unchanged. */
  async waitingOf(inputs: readonly BatchInput[]): Promise<WaitingInput[]> {
    const found = await inParallel(inputs, async ({ identity, delivery }) => {
      const item = await this.#items.get(identity);
      return item?.delivery === delivery ? waitingInput(item, { identity, queuedAt: 0 }) : undefined;
    });
    return found.filter((input) => input !== undefined);
  }

  /** The input of a queue entry. Deletes the entry if its input no longer waits. */
  async #read(entry: QueueEntry): Promise<WaitingInput | undefined> {
    if (entry.expiresAt <= secondsFromNow(0)) return undefined;
    const item = await this.#items.get(entry.identity);
    if (item?.order === entry.order && item.state === "waiting") return waitingInput(item, entry);
    await this.#queue.remove(entry);
    return undefined;
  }

  /** Keeps the waiting inputs for one day from now, because they have no task. Returns their number. */
  keepForADay(): Promise<number> {
    return this.#keepFor(daySeconds);
  }

  /** Keeps the waiting inputs as long as if they had been put now. Returns their number. */
  keepOn(): Promise<number> {
    return this.#keepFor(inputSeconds);
  }

  async #keepFor(seconds: number): Promise<number> {
    await this.queueEarlier(await this.meta.read());
    let kept = 0;
    for await (const page of this.#queue.pages(parallelWrites)) {
      const waits = await inParallel(page, async (entry) => {
        const { identity } = entry;
        if (!(await this.#read(entry))) return false;
        await this.#queue.keepFor(entry, seconds);
        const expiry = { expiresAt: secondsFromNow(seconds) };
        return (await this.#items.update(identity, expiry, isWaiting())) !== undefined;
      });
      kept += waits.filter(Boolean).length;
    }
    return kept;
  }

  /** Stores a note. Returns whether it is the first of its kind within ninety days, or a repetition by the same delivery. */
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

  /** Queues the inputs that an earlier version of the relay stored. */
  async queueEarlier({ puts }: InboxMeta): Promise<void> {
    if (puts === undefined) return;
    const { inputs, repeated } = await earlierInputs(this.#table, this.#pk);
    await inParallel(inputs, (input) => this.#queue.add(input));
    await this.meta.noteQueued(puts, repeated);
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
