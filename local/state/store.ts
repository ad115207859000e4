import type { ClassicLevel } from "classic-level";

/** A change to one value. Values are JSON texts. */
type Change = { type: "put"; key: string; value: string } | { type: "del"; key: string };

/**
 * A LevelDB of values by key. Changes are written in order, and changes that are made together are written as one batch:
 * all of them or, after a crash, none. While one batch is being written, the next one collects changes. Stored values
 * survive a power failure.
 */
export class Store {
  readonly #changes: Change[] = [];
  /** Resolves once the changes so far are written. */
  #written: Promise<void> = Promise.resolve();
  #isScheduled = false;

  /** @param onFailure called if a batch can't be written. Nothing is stored from then on. */
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

  /** The value on the disk, or `undefined` if there is none. */
  get(key: string): unknown {
    const text = this.level.getSync(key);
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** The values on the disk whose keys begin with the prefix, in key order. The returned keys lack the prefix. */
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
    // Changes made before the next turn of the event loop join the same batch.
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
