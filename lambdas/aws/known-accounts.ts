import { isSameLogin } from "../model/login.js";
import { accountsEnvironment } from "../runtime/environment.js";
import { type Key, Table } from "./table.js";

/** A GitHub account. The id never changes; the login can, and somebody else can then take it. */
export interface Account {
  id: number;
  login: string;
}

interface KnownAccount {
  accountId: number;
}

/** If a login's id is unknown, we read again after this long: another container may have stored it. */
const pauseMs = 5000;

/**
 * The accounts that the logins in the settings refer to. We ask GitHub once who has a login; from then on the id counts,
 * even if the login changes. Each login has one item, which does not expire: `pk = account#<API's host>`, `sk = <login>`.
 */
class KnownAccounts {
  readonly #table = new Table();
  readonly #pk = `account#${new URL(accountsEnvironment().GITHUB_API_URL).host}`;
  #ids: Promise<Map<string, number>> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  /** The id that is stored for a login. Read once per container, and again while one is missing. */
  async idOf(login: string): Promise<number | undefined> {
    const known = (await this.#read()).get(login.toLowerCase());
    if (known !== undefined || performance.now() - this.#readAt < pauseMs) return known;
    this.#ids = undefined;
    return (await this.#read()).get(login.toLowerCase());
  }

  /** The same, read again first: another Lambda may have just stored it. */
  async idNow(login: string): Promise<number | undefined> {
    this.#ids = undefined;
    return this.idOf(login);
  }

  /** Stores an id for a login unless it has one, and returns the stored id. */
  async keep(login: string, id: number): Promise<number> {
    const key = login.toLowerCase();
    await this.#table.update<KnownAccount>(
      this.#keyOf(key),
      { accountId: id },
      { condition: { expression: "attribute_not_exists(#accountId)" } },
    );
    this.#ids = undefined;
    return (await this.#read()).get(key) ?? id;
  }

  /**
   * Whether `account` is the one that a setting means by `login`. As long as no id is stored, a login means the account
   * that has it now. `lookUp` finds that account's id, and is called only if `account` has the login.
   */
  async isNamed(
    account: Account,
    login: string,
    lookUp: () => Promise<number | undefined>,
  ): Promise<boolean> {
    const known = await this.idOf(login);
    if (known !== undefined) return known === account.id;
    if (!isSameLogin(account.login, login)) return false;
    const found = await lookUp();
    return found !== undefined && (await this.keep(login, found)) === account.id;
  }

  /** After a failed query, the next call repeats it. */
  #read(): Promise<Map<string, number>> {
    this.#ids ??= this.#query().catch((error) => {
      this.#ids = undefined;
      throw error;
    });
    return this.#ids;
  }

  async #query(): Promise<Map<string, number>> {
    this.#readAt = performance.now();
    const items = await this.#table.query<KnownAccount>(this.#pk, "");
    return new Map(items.map(({ sk, accountId }) => [sk, accountId]));
  }

  #keyOf(login: string): Key {
    return { pk: this.#pk, sk: login };
  }
}

let shared: KnownAccounts | undefined;

/** One per container. */
export function knownAccounts(): KnownAccounts {
  shared ??= new KnownAccounts();
  return shared;
}
