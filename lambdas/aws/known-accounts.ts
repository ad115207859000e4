import { isSameLogin } from "../model/login.js";
import { accountsEnvironment } from "../runtime/environment.js";
import { type Key, Table } from "./table.js";

/** An account of GitHub: the id stays, the login may be changed, and then taken by somebody else. */
export interface Account {
  id: number;
  login: string;
}

interface KnownAccount {
  accountId: number;
}

/** A login without a known id is read again after this long: another container may have kept its id. */
const pauseMs = 5000;

/**
 * The accounts that the logins of the settings mean. GitHub is asked once who has a login; from then on the id counts,
 * even if the login changes. One item for each login, which does not expire: `pk = account#<API's host>`, `sk = <login>`.
 */
class KnownAccounts {
  readonly #table = new Table();
  readonly #pk = `account#${new URL(accountsEnvironment().GITHUB_API_URL).host}`;
  #ids: Promise<Map<string, number>> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  /** The id that is kept for a login. Read once per container, and again while one is missing. */
  async idOf(login: string): Promise<number | undefined> {
    const known = (await this.#read()).get(login.toLowerCase());
    if (known !== undefined || performance.now() - this.#readAt < pauseMs) return known;
    this.#ids = undefined;
    return (await this.#read()).get(login.toLowerCase());
  }

  /** The id that is kept for a login now: another Lambda may have kept it a moment ago. */
  async idNow(login: string): Promise<number | undefined> {
    this.#ids = undefined;
    return this.idOf(login);
  }

  /** Keeps an id for a login, unless there is one; returns the one that is kept. */
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
   * Whether `account` is the one that a setting means by `login`. While no id is kept for a login, it means the account
   * that has it now, by `lookUp`, which is called only if the account has that login.
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

  /** A query that has failed is repeated by the next call. */
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

/** One for a container. */
export function knownAccounts(): KnownAccounts {
  shared ??= new KnownAccounts();
  return shared;
}
