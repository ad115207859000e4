import { type Changes, type Condition, type Key, secondsFromNow, Table } from "../aws/table.js";
import { TransientError } from "../model/errors.js";
import type { TaskKey } from "../model/record.js";
import { byteLength } from "../text/bytes.js";
import { isOfPull } from "./entries.js";
import type { Input } from "./message/input.js";
import type { Batch, InboxState, NewInput, StoredInput } from "./stored-input.js";

/** Longer than anybody redelivers (three days); a drain that waits for a busy agent renews it each day. */
const keptForSeconds = 8 * 24 * 3600;
const daySeconds = 24 * 3600;

/** Step Functions keeps the names of drains for ninety days: a generation must not begin anew before. */
const metaKeptForSeconds = 100 * daySeconds;
const parallelWrites = 25;
/** Of 64 KiB each, they are 1 MB. */
const readAtOnce = 16;

/** An entry that waits, with its text. */
export type Waiting = StoredInput & Required<Pick<StoredInput, "input">> & { identity: string };

/** An entry that waits, without its text: of 2,000 long ones, the texts alone are 125 MB. */
export type WaitingEntry = Pick<StoredInput, "delivery" | "order" | "head" | "mayHaveArrived" | "alone"> & {
  identity: string;
  isFailure: boolean;
};

/** What a put came to: `ignored` where this, or something newer, is known already. */
export type PutOutcome = "put" | "ignored";

/**
 * What waits to be told to one task: items of the partition `inbox#<repository id>#<work>`, one for the whole
 * (`meta`) and one for each entry (`input#<identity>`). Without transactions: every change is conditional, and
 * made again where it was overtaken.
 */
export class Inbox {
  readonly #table = new Table();
  readonly #pk: string;

  constructor({ repositoryId, work }: TaskKey) {
    this.#pk = `inbox#${repositoryId}#${work}`;
  }

  async state(): Promise<InboxState> {
    return (await this.#table.get<InboxState>(this.#meta)) ?? { generation: 0, puts: 0, sendings: 0 };
  }

  /**
   * Stores an entry, or the newer text of one that is there. The count of puts is raised after that, so that a
   * drain which saw the old count cannot have missed the entry and still end.
   */
  async put(entry: NewInput, { isHumanWord }: { isHumanWord: boolean }): Promise<PutOutcome> {
    const outcome = await this.#store(entry);
    // Also where it was ignored: the run that stored it may have died before it came to this.
    const changes = {
      expiresAt: secondsFromNow(metaKeptForSeconds),
      ...(isHumanWord && { failureRounds: 0 }),
    };
    await this.#table.update<InboxState>(this.#meta, changes, {
      add: { puts: 1, generation: 0, sendings: 0 },
    });
    return outcome;
  }

  async #store(entry: NewInput): Promise<PutOutcome> {
    const { identity, ...fields } = entry;
    const key = this.#entryKey(identity);
    for (let attempt = 0; attempt < 10; attempt++) {
      const known = await this.#table.get<StoredInput>(key);
      if (known && !isNewer(fields, known)) return "ignored";
      const { input, state } = whatToTell(fields.input, known);
      const isStored = await this.#table.update<StoredInput>(
        key,
        {
          ...fields,
          input,
          head: fields.head,
          replaced: replacedBy(fields, known),
          mayHaveArrived: undefined,
          alone: undefined,
          state,
          // An edit of what still waits keeps its place; one of what was delivered comes when it was made.
          order: known?.state === "waiting" ? known.order : fields.order,
          expiresAt: secondsFromNow(keptForSeconds),
        },
        { condition: unchanged(known) },
      );
      if (isStored) return "put";
    }
    throw new TransientError("The entry is being changed by too many deliveries at once. It is retried.");
  }

  /** Takes an entry back, whether it is there already or still to come; of what was delivered, later edits. */
  async withdraw(identity: string, delivery: string): Promise<void> {
    await this.#table.update<StoredInput>(this.#entryKey(identity), {
      state: "withdrawn",
      delivery,
      version: "",
      order: "",
      input: undefined,
      expiresAt: secondsFromNow(keptForSeconds),
    });
  }

  /** Whether anything waits. */
  async hasWaiting(): Promise<boolean> {
    const found = await this.#table.each(this.#pk, "input#", { fields: "sk", filter: isWaiting() }).next();
    return found.done !== true;
  }

  /** All that waits, without the texts: what people said in GitHub's order, then what CI said. */
  async waiting(): Promise<WaitingEntry[]> {
    const entries: WaitingEntry[] = [];
    const fields = "sk, #delivery, #order, #head, #mayHaveArrived, #alone, #input.#kind";
    for await (const { sk, input, ...item } of this.#table.each<StoredInput>(this.#pk, "input#", {
      fields,
      filter: isWaiting(),
    })) {
      entries.push({ ...item, identity: identityIn(sk), isFailure: input?.kind === "failure" });
    }
    return entries.sort((a, b) => rank(a) - rank(b) || (a.order < b.order ? -1 : 1));
  }

  /**
   * Those of the entries that wait still, with their texts as they are now: from the first on, until these have so many
   * UTF-8 bytes, and one at least.
   */
  async read(entries: readonly WaitingEntry[], bytes: number): Promise<Waiting[]> {
    const read: Waiting[] = [];
    let room = bytes;
    for (let i = 0; i < entries.length && room > 0; i += readAtOnce) {
      const some = entries.slice(i, i + readAtOnce).map(({ identity }) => this.#read(identity));
      for (const entry of await Promise.all(some)) {
        if (!entry) continue;
        read.push(entry);
        room -= byteLength(entry.input.kind === "failure" ? entry.input.text : entry.input.body);
      }
    }
    return read;
  }

  async #read(identity: string): Promise<Waiting | undefined> {
    const item = await this.#table.get<StoredInput>(this.#entryKey(identity));
    if (item?.state !== "waiting" || item.input === undefined) return undefined;
    return { ...item, input: item.input, identity };
  }

  /** What waits is kept for a day from now: there is nobody to tell it to. Returns how much that is. */
  keepForADay(): Promise<number> {
    return this.#keepFor(daySeconds);
  }

  /** What waits is kept as long as if it were put now. Returns how much that is. */
  keepOn(): Promise<number> {
    return this.#keepFor(keptForSeconds);
  }

  async #keepFor(seconds: number): Promise<number> {
    const all = await this.waiting();
    await inParallel(all, ({ identity, delivery }) =>
      this.#table.update<StoredInput>(
        this.#entryKey(identity),
        { expiresAt: secondsFromNow(seconds) },
        { condition: waitingAs(delivery) },
      ),
    );
    return all.length;
  }

  /** Ends a drain that has seen `puts`; `false` where something was put since, or another drain has begun. */
  async close(generation: number, puts: number): Promise<boolean> {
    const condition: Condition = {
      expression: "#generation = :generation AND #puts = :puts",
      values: { generation, puts },
    };
    return this.#raise(generation, condition);
  }

  /** No message about a failed run was sent in vain yet: to a new agent, or since somebody has asked it to work. */
  async forgetRounds(): Promise<void> {
    const condition = { expression: "#failureRounds > :none", values: { none: 0 } };
    await this.#table.update<InboxState>(this.#meta, { failureRounds: 0 }, { condition });
  }

  /** Lets a new drain take the place of one that has failed; `false` where that has been done. */
  async replaceDrain(generation: number): Promise<boolean> {
    return this.#raise(generation, { expression: "#generation = :generation", values: { generation } });
  }

  async #raise(generation: number, condition: Condition): Promise<boolean> {
    const raised = await this.#table.update<InboxState>(
      this.#meta,
      { generation: generation + 1 },
      { condition },
    );
    return raised !== undefined;
  }

  /**
   * Notes what is about to be sent; `false` where this drain is not the one that may, or something has been sent
   * since its entries were read: another Lambda of the same drain may be left from before it was redriven.
   */
  async begin(batch: Batch, { sendings }: Pick<InboxState, "sendings">): Promise<boolean> {
    const condition = {
      expression: "#generation = :generation AND #sendings = :sendings AND attribute_not_exists(#batch)",
      values: { generation: batch.generation, sendings },
    };
    const begun = await this.#table.update<InboxState>(
      this.#meta,
      { batch },
      { condition, add: { sendings: 1 } },
    );
    return begun !== undefined;
  }

  /** The batch has arrived: its entries are delivered, but for what was changed while it was under way. */
  async delivered(batch: Batch): Promise<void> {
    await inParallel(batch.entries, async ({ identity, version, delivery, text }) => {
      const key = this.#entryKey(identity);
      const told: Changes<StoredInput> = {
        deliveredVersion: version,
        deliveredText: text,
        mayHaveArrived: undefined,
      };
      const isDone = await this.#table.update<StoredInput>(
        key,
        { ...told, state: "delivered", input: undefined },
        { condition: waitingAs(delivery) },
      );
      // Edited meanwhile: what waits now is an edit of what was told.
      const isEdited = { expression: "#state = :waiting", values: { waiting: "waiting" } };
      if (isDone || (await this.#table.update<StoredInput>(key, told, { condition: isEdited }))) return;
      // Or put back to what had been told before, which is news again.
      const isPutBack = {
        expression: "#state = :done AND #delivery <> :delivery AND attribute_exists(#input)",
        values: { done: "delivered", delivery },
      };
      await this.#table.update<StoredInput>(key, { ...told, state: "waiting" }, { condition: isPutBack });
    });
    const isRound = batch.entries.some(({ identity }) => isOfPull(identity));
    await this.#closeBatch(batch, isRound ? { failureRounds: 1 } : {});
  }

  /** The sending of the batch has come to its end, without a word on whether it has arrived. */
  async ended(batch: Batch): Promise<void> {
    await this.#table.update<InboxState>(
      this.#meta,
      { batch: { ...batch, hasEnded: true } },
      { condition: isOpen(batch) },
    );
  }

  /** The batch has not arrived, or nobody can tell: its entries wait on. */
  async returned(batch: Batch, { mayHaveArrived }: { mayHaveArrived: boolean }): Promise<void> {
    if (mayHaveArrived) {
      await inParallel(batch.entries, ({ identity, delivery }) =>
        this.#table.update<StoredInput>(
          this.#entryKey(identity),
          { mayHaveArrived },
          { condition: waitingAs(delivery) },
        ),
      );
    }
    await this.#closeBatch(batch);
  }

  /**
   * The batch was denied for good. One entry alone is dropped, and returned; of several, each is sent alone from now
   * on, for nobody can tell which of them it was.
   */
  async denied(batch: Batch): Promise<string | undefined> {
    const [first, ...others] = batch.entries;
    if (first && others.length === 0) {
      await this.drop(first);
      await this.#closeBatch(batch);
      return first.identity;
    }
    await inParallel(batch.entries, ({ identity, delivery }) =>
      this.#table.update<StoredInput>(
        this.#entryKey(identity),
        { alone: true },
        { condition: waitingAs(delivery) },
      ),
    );
    await this.#closeBatch(batch);
    return undefined;
  }

  async #closeBatch(batch: Batch, add: Record<string, number> = {}): Promise<void> {
    await this.#table.update<InboxState>(this.#meta, { batch: undefined }, { condition: isOpen(batch), add });
  }

  /** Drops an entry that no longer matters. */
  async drop({ identity, delivery }: Pick<WaitingEntry, "identity" | "delivery">): Promise<void> {
    await this.#table.update<StoredInput>(
      this.#entryKey(identity),
      { state: "withdrawn", input: undefined },
      { condition: waitingAs(delivery) },
    );
  }

  /** Whether this is the first time that `note` is made here within ninety days, or the same delivery's again. */
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

  get #meta(): Key {
    return { pk: this.#pk, sk: "meta" };
  }

  #entryKey(identity: string): Key {
    return { pk: this.#pk, sk: `input#${identity}` };
  }
}

/** A withdrawn comment does not come back; of two texts of one second, the one that comes later is newer. */
function isNewer(entry: Omit<NewInput, "identity">, known: StoredInput): boolean {
  if (known.delivery === entry.delivery || known.replaced?.includes(entry.delivery)) return false;
  if (known.state === "withdrawn" && known.version === "") return false;
  if (entry.version !== known.version) return entry.version > known.version;
  return entry.input.kind !== "failure" && entry.input.previousBody !== undefined;
}

/**
 * What becomes of a newer text. Of several edits that come before the first is told, the agent hears what it was
 * told and what stands now; where that is the same again, nothing, unless an edit in between is being sent.
 */
function whatToTell(
  input: Input,
  known: StoredInput | undefined,
): { input: Input; state: StoredInput["state"] } {
  const isEdited = known?.state === "waiting" && known.deliveredVersion !== undefined;
  const told = isEdited && known.input?.kind !== "failure" ? known.input?.previousBody : undefined;
  if (told === undefined || input.kind === "failure") return { input, state: "waiting" };
  return { input: { ...input, previousBody: told }, state: input.body === told ? "delivered" : "waiting" };
}

/** The deliveries of the texts before this one that are of the same second: no version tells that they are older. */
function replacedBy(entry: Pick<NewInput, "version">, known: StoredInput | undefined): string[] | undefined {
  return known?.version === entry.version ? [...(known.replaced ?? []), known.delivery] : undefined;
}

function unchanged(known: StoredInput | undefined): Condition {
  if (!known) return { expression: "attribute_not_exists(#delivery)" };
  const { delivery, state } = known;
  return { expression: "#delivery = :delivery AND #state = :state", values: { delivery, state } };
}

/** Waiting, with the text that this delivery brought: two edits of one second have the same version. */
function waitingAs(delivery: string): Condition {
  return {
    expression: "#state = :waiting AND #delivery = :delivery",
    values: { waiting: "waiting", delivery },
  };
}

function isOpen({ reference }: Batch): Condition {
  return { expression: "#batch.#reference = :reference", values: { reference } };
}

function isWaiting(): Condition {
  return {
    expression: "#state = :waiting AND attribute_exists(#input) AND #expiresAt > :now",
    values: { waiting: "waiting", now: secondsFromNow(0) },
  };
}

function identityIn(sortKey: string): string {
  return sortKey.slice("input#".length);
}

function rank({ isFailure }: WaitingEntry): number {
  return isFailure ? 1 : 0;
}

async function inParallel<T>(items: readonly T[], write: (item: T) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < items.length; i += parallelWrites) {
    await Promise.all(items.slice(i, i + parallelWrites).map(write));
  }
}
