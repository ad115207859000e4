import * as z from "zod/mini";
import { isRefusal } from "../../model/errors.js";
import type { TaskKey } from "../../model/record.js";
import type { ApiProbe } from "../api-probe.js";
import { type CoderClient, isRouteMissing } from "../client.js";
import type { TaskMarks } from "../mark.js";
import type { CoderUser } from "../users.js";
import { type Chat, chatListSchema, chatSchema, claimOf, labelQuery } from "./chat.js";
import { toChatError } from "./chat-errors.js";

/** The server no longer has the Chats API, at any path. */
export class ChatsVanishedError extends Error {
  override readonly name = "ChatsVanishedError";
}

/** The Chats API at whichever path the server has it, with one token. */
export class ChatClient {
  constructor(
    readonly coder: CoderClient,
    private readonly probe: ApiProbe,
    readonly marks: TaskMarks,
    /** The time-out of a creation, in milliseconds. */
    private readonly creationTimeoutMs: number,
  ) {}

  /** The same API with another token. */
  as(coder: CoderClient): ChatClient {
    return new ChatClient(coder, this.probe, this.marks, this.creationTimeoutMs);
  }

  async get(id: string): Promise<Chat | undefined> {
    try {
      return await this.read(id, "", chatSchema);
    } catch (error) {
      if (isRefusal(error, 404)) return undefined;
      throw error;
    }
  }

  async create(body: Record<string, unknown>): Promise<Chat> {
    return this.#at((mount) =>
      this.coder.post(mount, body, chatSchema, { timeoutMs: this.creationTimeoutMs }),
    );
  }

  /**
   * The chats that the relay created for one piece of work, as proved by their marks, oldest first. Lists either the live
   * or the archived ones. All belong to `user`, the token's owner, because Coder lists no others.
   */
  async made(key: TaskKey, user: CoderUser, { archived }: { archived: boolean }): Promise<Chat[]> {
    const query = `${labelQuery(key)}&q=${encodeURIComponent(`archived:${archived}`)}`;
    const listed = (await this.#at((mount) => this.coder.get(`${mount}?${query}`, chatListSchema))) ?? [];
    const proofs = await Promise.all(listed.map((chat) => this.#isOurs(chat, key, user)));
    return listed
      .filter((_, i) => proofs[i])
      .sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at));
  }

  async #isOurs(chat: Chat, { repositoryId, work }: TaskKey, user: CoderUser): Promise<boolean> {
    if (chat.owner_id !== user.id) return false;
    const { mark, ...claim } = claimOf(chat);
    const task = { backend: "chats", owner: user.username, repositoryId, work, ...claim } as const;
    return this.marks.proves(mark, task);
  }

  /** `path` follows the chat's own path. */
  async request(
    method: string,
    id: string,
    path = "",
    body?: unknown,
    options?: { timeoutMs?: number },
  ): Promise<unknown> {
    return this.#at((mount) => this.coder.request(method, `${mount}/${segment(id)}${path}`, body, options));
  }

  /** `path` follows the chat's own path. */
  async read<Schema extends z.core.$ZodType>(
    id: string,
    path: string,
    schema: Schema,
  ): Promise<z.output<Schema>> {
    return this.#at((mount) => this.coder.get(`${mount}/${segment(id)}${path}`, schema));
  }

  /** The id of the newest chat in a workspace. */
  async byWorkspace(workspaceId: string): Promise<string | undefined> {
    const query = `workspace_ids=${encodeURIComponent(workspaceId)}`;
    const schema = z.record(z.string(), z.string());
    try {
      const newest = await this.#at((mount) => this.coder.get(`${mount}/by-workspace?${query}`, schema));
      return newest[workspaceId];
    } catch (error) {
      // A server without this path takes its last part for a chat's id.
      if (isRefusal(error, 400, 404)) return undefined;
      throw error;
    }
  }

  /**
   * Sends a request to the API's path. If the path is missing, the server was upgraded and the request had no effect, so
   * it is sent again to the API's new path.
   */
  async #at<T>(call: (mount: string) => Promise<T>): Promise<T> {
    const mount = await this.#mount();
    try {
      return await call(mount);
    } catch (error) {
      if (!isRouteMissing(error)) throw toChatError(error);
    }
    this.probe.forget();
    const now = await this.#mount();
    return call(now).catch((error: unknown) => {
      throw toChatError(error);
    });
  }

  async #mount(): Promise<string> {
    const mount = await this.probe.chatsMount();
    if (mount !== undefined) return mount;
    // During an upgrade, the API may be missing only for a moment, so the next call probes again.
    this.probe.forget();
    throw new ChatsVanishedError("The Coder server has no Chats API.");
  }
}

function segment(id: string): string {
  return encodeURIComponent(id);
}
