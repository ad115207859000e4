import type { Access } from "../api/access.js";
import { isUuid, notFound, Refusal } from "../api/coder-api.js";
import type { Users } from "../users/users.js";
import type { FakeChat } from "./chat.js";

/** The chats and the permissions on them. */
export class Chats {
  readonly #all: FakeChat[] = [];

  constructor(
    private readonly users: Users,
    private readonly sharing: boolean,
  ) {}

  /** The chats that are not purged, the oldest first. */
  get all(): FakeChat[] {
    return this.#all.filter(({ purged }) => !purged);
  }

  add(chat: FakeChat): FakeChat {
    this.#all.push(chat);
    return chat;
  }

  isSharedWith(chat: FakeChat, { me }: Access): boolean {
    return this.sharing && chat.viewers.has(me.id);
  }

  readableBy(caller: Access): FakeChat[] {
    return this.all.filter((chat) => this.#updates(chat, caller) || this.isSharedWith(chat, caller));
  }

  readable(ref: string | undefined, caller: Access): FakeChat {
    const id = ref?.toLowerCase() ?? "";
    if (!isUuid(id)) throw new Refusal(400, 'Invalid UUID "chat".', `invalid UUID: "${ref}"`);
    const found = this.readableBy(caller)
      .flatMap((chat) => [chat, ...chat.children])
      .find((chat) => chat.id === id);
    if (!found) throw notFound();
    return found;
  }

  /** The chat, if the caller may change it. To users who may only read it, Coder answers 404. */
  updatable(ref: string | undefined, caller: Access): FakeChat {
    const chat = this.readable(ref, caller);
    if (this.#updates(chat, caller)) return chat;
    throw notFound();
  }

  #updates({ ownerUser, organization }: FakeChat, caller: Access): boolean {
    if (caller.isSiteOwner) return true;
    if (caller.isAdmin && this.users.isMember(caller.me, organization.id)) return true;
    return ownerUser === caller.me && caller.usesChats;
  }
}
