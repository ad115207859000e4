import type { Store } from "./store.js";

/** The values of one service in a store, by key. */
export class Section {
  /** The values that the store held when it was opened. */
  readonly entries: readonly [key: string, value: unknown][];

  private constructor(
    private readonly store: Store,
    private readonly prefix: string,
    entries: [string, unknown][],
  ) {
    this.entries = entries;
  }

  static async open(store: Store, name: string): Promise<Section> {
    const prefix = `${name} `;
    return new Section(store, prefix, await store.entries(prefix));
  }

  put(key: string, value: unknown): void {
    this.store.put(`${this.prefix}${key}`, value);
  }

  delete(key: string): void {
    this.store.delete(`${this.prefix}${key}`);
  }
}
