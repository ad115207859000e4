import { type Key, secondsFromNow, Table } from "../aws/table.js";
import type { Attempt } from "../github/deliveries.js";
import { gitHubEnvironment } from "../runtime/environment.js";

/** Longer than any version of GitHub keeps deliveries, so a delivery that was given up isn't taken for a new one. */
const keptForSeconds = 8 * 24 * 3600;

/** A delivery without an accepted attempt, as far as we know. */
export interface LostDelivery {
  guid: string;
  /** The id of the attempt that is used to redeliver it. */
  id: string;
  /** When GitHub first sent it, as far as we know, in milliseconds since the epoch. */
  at: number;
  event: string;
  action: string;
  repositoryId?: number | undefined;
  /** How often it has been redelivered. */
  attempts: number;
  /** The next redelivery, in milliseconds since the epoch. */
  dueAt: number;
  isGivenUp?: boolean;
}

/** How far GitHub's list has been read. Times are in milliseconds since the epoch, by GitHub's clock. */
export interface Reading {
  /** The newest attempt that was read. */
  newestAt: number;
  /** The part of the list that has not been read yet: from a page's cursor back to a time. */
  unread?: { cursor: string; until: number } | undefined;
  /** A delivery that can be sent again without effect, because the ingress skips it or has already accepted it. */
  probe?: { id: string; guid: string } | undefined;
}

type Stored<Item> = Item & { expiresAt: number };

/** The lost deliveries, and how far GitHub's list has been read: `pk = delivery#<API's host>`. */
export class LostDeliveries {
  readonly #table = new Table();
  readonly #pk = `delivery#${new URL(gitHubEnvironment().GITHUB_API_URL).host}`;

  /** The lease that lets only one run at a time redeliver. */
  get leaseKey(): Key {
    return { pk: this.#pk, sk: "lease" };
  }

  async reading(): Promise<Reading | undefined> {
    return this.#table.get<Reading>({ pk: this.#pk, sk: "reading" });
  }

  async saveReading({ newestAt, unread, probe }: Reading): Promise<void> {
    await this.#table.update<Reading>({ pk: this.#pk, sk: "reading" }, { newestAt, unread, probe });
  }

  /** Oldest first, including those that were given up. */
  async list(): Promise<LostDelivery[]> {
    const items = await this.#table.query<LostDelivery>(this.#pk, "lost#");
    // Ids increase and all have the same length.
    return items.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  }

  /** Stores a delivery, due at once, unless it is already stored. */
  async add({ guid, id, at, event, action, repositoryId }: Attempt): Promise<void> {
    const item = { guid, id, at, event, action, repositoryId, attempts: 0, dueAt: 0 };
    await this.#table.update<Stored<LostDelivery>>(
      this.#key(guid),
      { ...item, expiresAt: secondsFromNow(keptForSeconds) },
      { condition: { expression: "attribute_not_exists(pk)" } },
    );
  }

  async change(guid: string, changes: Pick<LostDelivery, "attempts" | "dueAt">): Promise<void> {
    await this.#table.update<LostDelivery>(this.#key(guid), changes);
  }

  /** Keeps the item and marks it, so it isn't taken for a new one when the list is read again. */
  async giveUp(guid: string): Promise<void> {
    await this.#table.update<LostDelivery>(this.#key(guid), { isGivenUp: true });
  }

  /** Call this once it has been accepted. */
  async remove(guid: string): Promise<void> {
    await this.#table.delete(this.#key(guid));
  }

  #key(guid: string): Key {
    return { pk: this.#pk, sk: `lost#${guid}` };
  }
}
