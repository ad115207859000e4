import type { HttpReply, HttpRequest } from "../../http/http-server.js";
import type { Access } from "../api/access.js";
import { type CoderApi, type CoderHandler, isUuid, jsonObject, Refusal } from "../api/coder-api.js";
import type { Timers } from "../api/timers.js";
import { experimentalChats, type Release, v2Chats } from "../api/version.js";
import type { Organizations } from "../users/organizations.js";
import type { Users } from "../users/users.js";
import type { Workspaces } from "../workspaces/workspaces.js";
import type { FakeChat } from "./chat.js";
import { Chats } from "./chats.js";
import { ChatCreation } from "./create.js";
import { editChat } from "./edit.js";
import { chatJson, listedChatJson, singleChatJson } from "./json.js";
import { readMessages } from "./messages.js";
import { deleteQueued, editQueued } from "./queue.js";
import { ChatSearch } from "./search.js";
import { sendMessage } from "./send.js";
import { ChatSharing } from "./sharing.js";

export interface ChatSettings {
  /** Whether `/api/v2/chats` accepts `owner_id`. If not, it silently drops the field. Default: as in the version. */
  ownerIdSupport?: boolean;
  /** Default: true. */
  chatSharing?: boolean;
  /** Whether an organization has a model for chats. Default: true. */
  chatModels?: boolean;
  /** Starts with the AI Gateway off: every change of a chat is a 503. */
  gatewayOff?: boolean;
  /** How many messages of a chat may be queued. Default: 20. */
  queueCap?: number;
  /** Whether a chat's `last_error` is a bare string, as before 2.34. */
  stringErrors?: boolean;
}

export interface ChatsApiParts {
  organizations: Organizations;
  users: Users;
  workspaces: Workspaces;
  timers: Timers;
  turnMs: number;
  release: () => Release;
  settings: ChatSettings;
}

/** The Chats API, under one path or two. */
export class ChatsApi {
  readonly chats: Chats;
  gatewayOff: boolean;
  readonly #release: () => Release;
  readonly #workspaces: Workspaces;
  readonly #creation: ChatCreation;
  readonly #search: ChatSearch;
  readonly #sharing: ChatSharing;
  readonly #takesOwnerId: () => boolean;
  readonly #queueCap: number;
  readonly #stringErrors: boolean;

  constructor({ organizations, users, workspaces, timers, turnMs, release, settings }: ChatsApiParts) {
    const sharing = settings.chatSharing ?? true;
    const hasModel = settings.chatModels ?? true;
    const rhythm = { turnMs, timers, isLegacy: () => release().legacyChats, nextNumber: numbers() };
    this.chats = new Chats(users, sharing);
    this.gatewayOff = settings.gatewayOff ?? false;
    this.#release = release;
    this.#workspaces = workspaces;
    this.#creation = new ChatCreation({ organizations, users, workspaces, rhythm, hasModel });
    this.#search = new ChatSearch(this.chats, () => release().chatSources);
    this.#sharing = new ChatSharing(users, sharing);
    this.#takesOwnerId = () => settings.ownerIdSupport ?? release().ownerId;
    this.#queueCap = settings.queueCap ?? 20;
    this.#stringErrors = settings.stringErrors ?? false;
  }

  routes(api: CoderApi): void {
    for (const base of [v2Chats, experimentalChats]) this.#mount(api, base);
  }

  #mount(api: CoderApi, base: string): void {
    const { chats } = this;
    const stringErrors = this.#stringErrors;
    const one = `${base}/:chat`;
    const isThere = () => {
      const { chats, chatMounts } = this.#release();
      return chats && chatMounts.includes(base);
    };
    const route = (method: string, path: string, handle: CoderHandler) =>
      api.route(method, path, handle, isThere);
    const read = (path: string, handle: ChatHandler) =>
      route("GET", path, (request, caller) =>
        handle(chats.readable(request.params.chat, caller), request, caller),
      );
    const change = (method: string, path: string, handle: ChatHandler) => {
      const handler: CoderHandler = (request, caller) =>
        handle(chats.updatable(request.params.chat, caller), request, caller);
      route(method, path, this.#whereGatewayIsOn(handler));
    };
    // Registered first, because `:chat` would also match these paths.
    route("GET", `${base}/by-workspace`, (request, caller) => this.#byWorkspace(request, caller));
    route("GET", base, (request, caller) => this.#list(request, caller));
    const create: CoderHandler = (request, caller) => {
      const takesOwnerId = this.#takesOwnerId() && base === v2Chats;
      const chat = chats.add(this.#creation.create(request, caller, takesOwnerId));
      return { status: 201, body: chatJson(chat, stringErrors) };
    };
    route("POST", base, this.#whereGatewayIsOn(create));

    read(one, (chat) => ({ status: 200, body: singleChatJson(chat, stringErrors) }));
    change("PATCH", one, (chat, request) => {
      editChat(chat, jsonObject(request), this.#workspaces, this.#release().legacyChats);
      return { status: 204 };
    });
    read(`${one}/messages`, readMessages);
    change("POST", `${one}/messages`, (chat, request, caller) =>
      sendMessage(chat, request, caller, this.#queueCap),
    );
    change("POST", `${one}/interrupt`, (chat) => this.#interrupt(chat));
    change("DELETE", `${one}/queue/:message`, (chat, request, caller) =>
      deleteQueued(chat, request, caller, this.#release().queueEdits),
    );
    const edit: CoderHandler = (request, caller) =>
      editQueued(chats.updatable(request.params.chat, caller), request, caller);
    const hasQueueEdits = () => isThere() && this.#release().queueEdits;
    api.route("PATCH", `${one}/queue/:message`, this.#whereGatewayIsOn(edit), hasQueueEdits);
    read(`${one}/acl`, (chat) => {
      this.#sharing.assertEnabled();
      return this.#sharing.read(chat);
    });
    change("PATCH", `${one}/acl`, (chat, request, caller) => {
      this.#sharing.assertEnabled();
      return this.#sharing.update(chat, request, caller);
    });
  }

  #whereGatewayIsOn(handle: CoderHandler): CoderHandler {
    return (request, caller) => {
      if (!this.gatewayOff) return handle(request, caller);
      throw new Refusal(
        503,
        "AI Gateway must be enabled for Coder Agents functionality. Please contact your deployment administrator.",
        "Set CODER_AI_GATEWAY_ENABLED=true to enable it.",
      );
    };
  }

  #list({ query }: HttpRequest, caller: Access): HttpReply {
    const found = this.#search.list(query, caller);
    return {
      status: 200,
      body: found.map((chat) => listedChatJson(chat, this.#stringErrors)),
    };
  }

  /** The newest chat of each workspace. */
  #byWorkspace({ query }: HttpRequest, caller: Access): HttpReply {
    const ids = (query.get("workspace_ids") ?? "").split(",").filter((id) => id !== "");
    const bad = ids.find((id) => !isUuid(id));
    if (bad !== undefined) throw new Refusal(400, `Invalid workspace ID: "${bad}".`);
    if (ids.length > 25) throw new Refusal(400, "Too many workspace IDs, maximum is 25.");
    const found = this.chats
      .readableBy(caller)
      .filter(({ workspaceId }) => workspaceId !== undefined && ids.includes(workspaceId))
      .sort((a, b) => a.turns.change - b.turns.change);
    return { status: 200, body: Object.fromEntries(found.map(({ workspaceId, id }) => [workspaceId, id])) };
  }

  #interrupt(chat: FakeChat): HttpReply {
    if (!this.#release().legacyChats) {
      if (chat.archived) throw new Refusal(400, "Cannot interrupt an archived chat.");
      if (!chat.turns.isActive || chat.status === "paused") {
        throw new Refusal(409, "Chat is not in an interruptible state.");
      }
    }
    chat.turns.interrupt();
    return { status: 200, body: chatJson(chat, this.#stringErrors) };
  }
}

type ChatHandler = (chat: FakeChat, request: HttpRequest, caller: Access) => HttpReply;

/** Counts up from 1. */
function numbers(): () => number {
  let last = 0;
  return () => {
    last += 1;
    return last;
  };
}
