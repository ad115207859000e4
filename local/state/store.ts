import type { ClassicLevel } from "classic-level";

/** A change of one value, which is a JSON text. */
type Change = { type: "put"; key: string; value: string } | { type: "del"; key: string };

/**
 * Values by key, in a LevelDB. Changes are written in their order, and those made at once are written as a whole: LevelDB
 * drops a batch that a crash has cut off. While one batch is written, the next one collects changes. What has been stored
 * survives a power failure.
 */
export class Store {
  readonly #changes: Change[] = [];
  /** Resolves once the changes so far are written. */
  #written: Promise<void> = Promise.resolve();
  #isScheduled = false;

  /** @param onFailure called if a batch can't be written, after which nothing is stored any more. */
  constructor(
    private readonly level: ClassicLevel,
    private readonly onFailure: (error: Error) => void,
  ) {}

  put(key: string, value: unknown): void {
    this.#change({ type: "put", key, value: JSON.stringify(value) });
  }

  delete(key: string): void {
    this.#change({ type: "del", key });
  }

  /** Resolves once all changes so far are on the disk. Never resolves if they can't be written. */
  stored(): Promise<void> {
    return this.#written;
  }

  /** What is on the disk; `undefined` if there is nothing. */
  get(key: string): unknown {
    const text = this.level.getSync(key);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** What is on the disk under the keys that begin with the prefix, in their order. The keys come without it. */
  async entries(prefix: string): Promise<[key: string, value: unknown][]> {
    const found = await this.level.iterator({ gte: prefix, lt: `${prefix}\uffff` }).all();
    return found.map(([key, text]) => [key.slice(prefix.length), JSON.parse(text)]);
  }

  async close(): Promise<void> {
    await this.#written;
    await this.level.close();
  }

  #change(change: Change): void {
    this.#changes.push(change);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#written = this.#written.then(() => this.#write());
  }

  async #write(): Promise<void> {
    // Whatever runs at this moment gets into the same batch.
    await new Promise(setImmediate);
    this.#isScheduled = false;
    try {
      await this.level.batch(this.#changes.splice(0), { sync: true });
    } catch (error) {
      this.onFailure(error instanceof Error ? error : new Error(String(error)));
      await new Promise(() => {});
    }
  }
}
