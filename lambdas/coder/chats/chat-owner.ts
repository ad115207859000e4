import { randomBytes } from "node:crypto";
import * as z from "zod/mini";
import { NoCoderUserError } from "../../model/errors.js";
import type { Person } from "../../model/event.js";
import { log } from "../../runtime/log.js";
import { CoderClient } from "../client.js";
import type { CoderDirectory, CoderUser } from "../directory.js";

const keySchema = z.object({ key: z.string() });
const meSchema = z.object({ id: z.string(), username: z.string() });

/** Longer than one invocation of a Lambda, in nanoseconds, which is how Coder counts a token's lifetime. */
const tokenLifetimeNs = 10 * 60 * 1e9;

/**
 * Who owns the chats. Coder lets nobody but a chat's owner send to it, and lists nobody else's chats
 * (coderd/exp_chats.go): so what only an owner may do is done by a client of the owner's own.
 */
export interface ChatOwner {
  /** The name of the Coder user who will own what a person asks for; the service user for what nobody in particular does. */
  ownerOf(person: Person | null): Promise<string>;
  /** Does something as an owner. */
  as<T>(owner: string, work: (client: CoderClient, user: CoderUser) => Promise<T>): Promise<T>;
  /** The id of the Coder user whom a person's chat should be shared with; nobody where it is that person's own. */
  viewerFor(person: Person): Promise<string | undefined>;
}

/**
 * The token's own user owns all chats that people ask for, and those of nobody in particular if that is the service
 * user. Another service user is acted for as a requester is.
 */
export class BotOwner implements ChatOwner {
  readonly #others: RequesterOwner;

  constructor(
    private readonly client: CoderClient,
    private readonly directory: CoderDirectory,
  ) {
    this.#others = new RequesterOwner(client, directory);
  }

  async ownerOf(person: Person | null): Promise<string> {
    return (await (person ? this.directory.me() : this.directory.serviceUser())).username;
  }

  async as<T>(owner: string, work: (client: CoderClient, user: CoderUser) => Promise<T>): Promise<T> {
    const me = await this.directory.me();
    const isServiceUser = owner !== me.username && this.directory.isServiceUser(owner);
    return isServiceUser ? this.#others.as(owner, work) : work(this.client, me);
  }

  async viewerFor(person: Person): Promise<string | undefined> {
    try {
      const [user, me] = await Promise.all([this.directory.userOf(person), this.directory.me()]);
      return user.id === me.id ? undefined : user.id;
    } catch (error) {
      // Nobody needs a Coder account of his own to have the bot's agent work.
      if (error instanceof NoCoderUserError) return undefined;
      throw error;
    }
  }
}

/**
 * Whoever asks for a chat owns it. What takes the owner is done with a token that the relay's token, which has to
 * be a site Owner's, mints for that user. It lives for one piece of work, in memory alone, and is deleted after it.
 */
export class RequesterOwner implements ChatOwner {
  constructor(
    private readonly client: CoderClient,
    private readonly directory: CoderDirectory,
  ) {}

  async ownerOf(person: Person | null): Promise<string> {
    return (await (person ? this.directory.userOf(person) : this.directory.serviceUser())).username;
  }

  async as<T>(owner: string, work: (client: CoderClient, user: CoderUser) => Promise<T>): Promise<T> {
    const keys = `/api/v2/users/${encodeURIComponent(owner)}/keys`;
    const token = {
      lifetime: tokenLifetimeNs,
      token_name: `relay-${randomBytes(8).toString("hex")}`,
    };
    const { key } = await this.client.post(`${keys}/tokens`, token, keySchema);
    try {
      const client = new CoderClient(this.client.url, key);
      return await work(client, await client.get("/api/v2/users/me", meSchema));
    } finally {
      await this.#delete(`${keys}/${keyId(key)}`, owner);
    }
  }

  async viewerFor(): Promise<undefined> {}

  /** One that cannot be deleted ends by itself: that is no reason to fail what was done with it. */
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
