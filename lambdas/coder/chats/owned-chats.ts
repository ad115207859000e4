import { isRefusal } from "../../model/errors.js";
import type { TaskKey } from "../../model/record.js";
import type { CoderUser } from "../users.js";
import type { Chat } from "./chat.js";
import { type ChatClient, ChatsVanishedError } from "./chat-client.js";
import { archive } from "./chat-ending.js";
import type { ChatOwner } from "./chat-owner.js";

/** The chats of each owner. Coder lets only the owner list them and send messages to them. */
export class OwnedChats {
  constructor(
    /** With the relay's own token. */
    readonly chats: ChatClient,
    readonly owner: ChatOwner,
  ) {}

  /** Does something as an owner. */
  as<T>(owner: string, act: (chats: ChatClient, user: CoderUser) => Promise<T>): Promise<T> {
    return this.owner.as(owner, (coder, user) => act(this.chats.as(coder), user));
  }

  /** The live chats that the relay has created for a piece of work and for this owner. */
  made(owner: string, key: TaskKey): Promise<Chat[]> {
    return this.as(owner, async (chats, user) =>
      isSameUser(owner, user.username) ? chats.made(key, user, { archived: false }) : [],
    );
  }

  archive(id: string, owner: string): Promise<void> {
    return archive(this.chats, id, (act) => this.as(owner, act));
  }

  /** Archives all live chats of the work, because a creation that timed out may have made a second one. */
  async archiveAll(owner: string, key: TaskKey): Promise<void> {
    const chats = await this.made(owner, key).catch((error: unknown) => {
      // If the owner has left Coder, nobody can list the chats.
      if (error instanceof ChatsVanishedError || isRefusal(error, 400, 403, 404)) return [];
      throw error;
    });
    for (const { id } of chats) await this.archive(id, owner);
  }
}

function isSameUser(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
