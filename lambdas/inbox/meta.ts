import { type Changes, type Condition, type Key, secondsFromNow, type Table } from "../aws/table.js";
import type { TaskKey } from "../model/record.js";
import type { StoredInput } from "./stored-input.js";

const daySeconds = 24 * 3600;

/** Step Functions keeps the names of drains for ninety days. Generations must not start over before that. */
const keptForSeconds = 100 * daySeconds;

/** A drain: its inbox, and the generation that it may serve. */
export interface Drain extends TaskKey {
  generation: number;
}

/** The inputs that are being sent. It is stored before the send and kept until the outcome is known. */
export interface Batch {
  /** The reference in the message, by which it is found in the task's log. */
  reference: string;
  /** The generation of the drain that sends it. */
  generation: number;
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** The send has ended. Missing if its Lambda died. */
  hasEnded?: boolean;
  entries: BatchInput[];
}

export interface BatchInput extends Pick<StoredInput, "delivery" | "version"> {
  identity: string;
  /** The fingerprint of its text. */
  text?: string | undefined;
}

/** The DynamoDB item about a whole inbox. */
export interface InboxMeta {
  /** Counts the drains: the fencing token of the one that may send. */
  generation: number;
  /** Counts what was stored. */
  stored?: number;
  /** The value of `stored` when a drain last found nothing waiting. As long as both are equal, nothing waits. */
  settled?: number;
  /** Counts the batches. */
  sendings: number;
  /** Messages about failed runs of pull requests since a person last commented, or a new agent started. */
  failureRounds?: number;
  batch?: Batch;
  /** Inputs that were sent and may have arrived. They are sent again, with a note. */
  repeated?: BatchInput[];
  /** Reviews that a drain holds back until all their comments are stored. */
  held?: number[];
  /** The identities of the comments that are not stored yet. DynamoDB removes the set with its last member. */
  missing?: Set<string>;
  /** Reviews whose comments are all stored. */
  complete?: number[];
  /** The count of an earlier version, whose inputs are not in the queue yet (`legacy.ts`). */
  puts?: number;
  /** DynamoDB's time to live, in seconds since the epoch. */
  expiresAt?: number;
}

/** Whether something may wait, judged by `meta` alone, without reading the rest of the inbox. */
export function mayWait({ stored = 0, settled = 0, batch, puts }: InboxMeta): boolean {
  return stored !== settled || batch !== undefined || puts !== undefined;
}

/** The item `meta` of an inbox. Every change is conditional, and returns `false` if another change was faster. */
export class MetaItem {
  readonly #key: Key;

  constructor(
    private readonly table: Table,
    pk: string,
  ) {
    this.#key = { pk, sk: "meta" };
  }

  async read(): Promise<InboxMeta> {
    return (await this.table.get<InboxMeta>(this.#key)) ?? { generation: 0, sendings: 0 };
  }

  /** Counts an input that was stored, and returns the changed `meta`. `resetsRounds`: the input comes from a person. */
  async countStored(
    identity: string,
    { resetsRounds }: { resetsRounds: boolean },
  ): Promise<InboxMeta | undefined> {
    return this.table.update<InboxMeta>(
      this.#key,
      { expiresAt: secondsFromNow(keptForSeconds), ...(resetsRounds && { failureRounds: 0 }) },
      { add: { stored: 1, generation: 0, sendings: 0 }, take: { missing: new Set([identity]) } },
    );
  }

  /** Resets the CI rounds, because the agent is new or somebody has asked it to work. */
  async resetRounds(): Promise<void> {
    const condition = { expression: "#failureRounds > :none", values: { none: 0 } };
    await this.#update({ failureRounds: 0 }, condition);
  }

  /** Ends the drain, which has read `meta` and then found nothing that waits. */
  async close(meta: InboxMeta): Promise<boolean> {
    const unchanged = isUnchanged(meta);
    const condition = {
      ...unchanged,
      expression: `${unchanged.expression} AND attribute_not_exists(#batch)`,
    };
    return this.#update(ending(meta), condition);
  }

  /** Gives the inbox to the next drain, because the current one has failed or hands over. */
  async replaceDrain(generation: number): Promise<boolean> {
    const condition = { expression: "#generation = :generation", values: { generation } };
    return this.#update({ generation: generation + 1 }, condition);
  }

  /** Gives the inbox to the next drain, because all comments that the current one waits for are stored. */
  async releaseHeld({ generation, held }: InboxMeta): Promise<boolean> {
    return this.#update(
      { generation: generation + 1, held: undefined, complete: held },
      {
        expression:
          "#generation = :generation AND attribute_exists(#held) AND attribute_not_exists(#missing)",
        values: { generation },
      },
    );
  }

  /** Notes the reviews that the drain waits for, unless something was stored after the drain read `meta`. */
  async hold(meta: InboxMeta, reviews: number[], missing: Set<string>): Promise<boolean> {
    return this.#update({ held: reviews, missing, complete: undefined }, isUnchanged(meta));
  }

  /**
   * Stores the batch that is about to be sent, unless the drain may no longer send, or something was sent after it read
   * `meta`: if the drain was redriven, its earlier Lambda may still be running.
   */
  async begin(batch: Batch, { sendings }: InboxMeta, { isRepetition }: { isRepetition: boolean }) {
    return this.#update(
      {
        batch,
        held: undefined,
        missing: undefined,
        complete: undefined,
        ...(!isRepetition && { repeated: undefined }),
      },
      {
        expression: "#generation = :generation AND #sendings = :sendings AND attribute_not_exists(#batch)",
        values: { generation: batch.generation, sendings },
      },
      { sendings: 1 },
    );
  }

  /**
   * Keeps drains from sending while `lock`, a batch without inputs, is open. A drain that finds it waits, at most as long as
   * a Lambda may run. Returns `false` if something was stored or sent after `meta` was read.
   */
  async lock(lock: Batch, { generation, sendings, stored }: InboxMeta): Promise<boolean> {
    const unstored = stored === undefined ? "attribute_not_exists(#stored)" : "#stored = :stored";
    return this.#update(
      { batch: lock, expiresAt: secondsFromNow(keptForSeconds) },
      {
        expression: `(attribute_not_exists(#generation) OR (#generation = :generation AND #sendings = :sendings)) AND ${unstored} AND attribute_not_exists(#batch)`,
        values: { generation, sendings, ...(stored !== undefined && { stored }) },
      },
      { sendings: 1, generation: 0 },
    );
  }

  /** Notes that the send of the batch has ended. It is still unknown whether the batch has arrived. */
  async noteEnd(batch: Batch): Promise<void> {
    await this.#update({ batch: { ...batch, hasEnded: true } }, isOpen(batch));
  }

  /**
   * Closes the batch. With `endsDrain`, the `meta` that the drain has read, it also ends the drain, unless something was put
   * since. Returns whether the drain has ended.
   */
  async closeBatch(
    batch: Batch,
    {
      countsRound = false,
      repeated,
      endsDrain,
    }: { countsRound?: boolean; repeated?: BatchInput[]; endsDrain?: InboxMeta } = {},
  ): Promise<boolean> {
    const add = countsRound ? { failureRounds: 1 } : {};
    const changes = { batch: undefined, ...(repeated && { repeated }) };
    if (endsDrain) {
      const open = isOpen(batch);
      const unchanged = isUnchanged(endsDrain);
      const condition = {
        expression: `${open.expression} AND ${unchanged.expression}`,
        values: { ...open.values, ...unchanged.values },
      };
      if (await this.#update({ ...changes, ...ending(endsDrain) }, condition, add)) return true;
    }
    await this.#update(changes, isOpen(batch), add);
    return false;
  }

  /** Notes that the inputs of an earlier version are in the queue now. */
  async noteQueued(puts: number, repeated: BatchInput[]): Promise<void> {
    const changes = { puts: undefined, ...(repeated.length > 0 && { repeated }) };
    await this.#update(changes, { expression: "#puts = :puts", values: { puts } });
  }

  async #update(
    changes: Changes<InboxMeta>,
    condition: Condition,
    add?: Record<string, number>,
  ): Promise<boolean> {
    const options = { condition, ...(add && { add }) };
    return (await this.table.update<InboxMeta>(this.#key, changes, options)) !== undefined;
  }
}

/** If something has been stored by then, the next wake-up starts a drain of the next generation. */
function ending({ generation, stored }: InboxMeta) {
  return { generation: generation + 1, ...(stored !== undefined && { settled: stored }) };
}

function isUnchanged({ generation, stored }: InboxMeta): Condition {
  return stored === undefined
    ? {
        expression: "#generation = :generation AND attribute_not_exists(#stored)",
        values: { generation },
      }
    : { expression: "#generation = :generation AND #stored = :stored", values: { generation, stored } };
}

function isOpen({ reference }: Batch): Condition {
  return { expression: "#batch.#reference = :reference", values: { reference } };
}
