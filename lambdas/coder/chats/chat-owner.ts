import { randomBytes } from "node:crypto";
import * as z from "zod/mini";
import { NoCoderUserError } from "../../model/errors.js";
import type { Person } from "../../model/event.js";
import { log } from "../../runtime/log.js";
import { CoderClient } from "../client.js";
import type { CoderUser, CoderUsers } from "../users.js";

const keySchema = z.object({ key: z.string() });
const meSchema = z.object({ id: z.string(), username: z.string() });

/** Longer than one invocation of a Lambda, in nanoseconds, which is how Coder counts a token's lifetime. */
const tokenLifetimeNs = 10 * 60 * 1e9;

/**
 * Who owns the chats. Coder lets only a chat's owner send to it, and lists only the owner's chats (coderd/exp_chats.go).
 * So owner-only calls use a client with the owner's own token.
 */
export interface ChatOwner {
  /** The name of the Coder user who owns the chats that a person asks for; without a person, the service user. */
  ownerOf(person: Person | null): Promise<string>;
  /** Does something as an owner. */
  as<T>(owner: string, act: (client: CoderClient, user: CoderUser) => Promise<T>): Promise<T>;
  /** The id of the Coder user with whom a person's chat is shared; `undefined` if it is that person's own. */
  viewerFor(person: Person): Promise<string | undefined>;
}

/**
 * The token's own user owns all chats that people ask for. Chats without a requester belong to the service user. If that
 * is a different user, we act for it as for a requester.
 */
export class BotOwner implements ChatOwner {
  readonly #others: RequesterOwner;

  constructor(
    private readonly client: CoderClient,
    private readonly users: CoderUsers,
  ) {
    this.#others = new RequesterOwner(client, users);
  }

  async ownerOf(person: Person | null): Promise<string> {
    return (await (person ? this.users.me() : this.users.of(null))).username;
  }

  async as<T>(owner: string, act: (client: CoderClient, user: CoderUser) => Promise<T>): Promise<T> {
    const me = await this.users.me();
    const isServiceUser = owner !== me.username && this.users.isServiceUser(owner);
    return isServiceUser ? this.#others.as(owner, act) : act(this.client, me);
  }

  async viewerFor(person: Person): Promise<string | undefined> {
    try {
      const [user, me] = await Promise.all([this.users.of(person), this.users.me()]);
      return user.id === me.id ? undefined : user.id;
    } catch (error) {
      // The bot's agent also works for people without a Coder account.
      if (error instanceof NoCoderUserError) return undefined;
      throw error;
    }
  }
}

/**
 * The requester owns the chat. Owner-only calls use a short-lived token minted with the relay's site-Owner token. It is
 * kept in memory only and deleted after use.
 */
export class RequesterOwner implements ChatOwner {
  constructor(
    private readonly client: CoderClient,
    private readonly users: CoderUsers,
  ) {}

  async ownerOf(person: Person | null): Promise<string> {
    return (await this.users.of(person)).username;
  }

  async as<T>(owner: string, act: (client: CoderClient, user: CoderUser) => Promise<T>): Promise<T> {
    const keys = `/api/v2/users/${encodeURIComponent(owner)}/keys`;
    const token = {
      lifetime: tokenLifetimeNs,
      token_name: `relay-${randomBytes(8).toString("hex")}`,
    };
    const { key } = await this.client.post(`${keys}/tokens`, token, keySchema);
    try {
      const client = new CoderClient(this.client.url, key);
      return await act(client, await client.get("/api/v2/users/me", meSchema));
    } finally {
      await this.#delete(`${keys}/${keyId(key)}`, owner);
    }
  }

  async viewerFor(): Promise<undefined> {}

  /** If the token can't be deleted, it will expire anyway, so that is no reason to fail. */
  async #delete(path: string, owner: string): Promise<void> {
    await this.client.request("DELETE", path).catch((error: unknown) => {
      log.warn("A minted Coder token could not be deleted; it expires by itself", {
        owner,
        minutes: tokenLifetimeNs / 60e9,
        error: error instanceof Error ? error.name : "unknown",
      });
    });
  }
}

/** A key is `<id>-<secret>` (coderd/httpmw/apikey.go). */
function keyId(key: string): string {
  return encodeURIComponent(key.split("-", 1).join(""));
}
