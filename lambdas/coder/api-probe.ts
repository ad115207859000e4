import * as z from "zod/mini";
import { NoTaskApiError } from "../model/errors.js";
import type { Backend } from "../model/record.js";
import { toChatError } from "./chats/chat-errors.js";
import { type CoderClient, isRouteMissing } from "./client.js";

/** The paths of the Chats API: the first from Coder 2.37 on, the second up to 2.37. */
const chatsMounts = ["/api/v2/chats", "/api/experimental/chats"] as const;
export type ChatsMount = (typeof chatsMounts)[number];

const buildSchema = z.object({ version: z.string() });

const versions = {
  tasks:
    "Coder has Tasks up to 2.35, in 2.36 with CODER_ENABLE_AI_TASKS=true, and not in later versions (the 2.34 ESR still has premium support)",
  chats: "The Chats API is part of Coder Agents: from 2.33 on, and in 2.32 behind the experiment `agents`",
};

/**
 * Finds out which APIs a Coder deployment has, by requesting short lists. Caches answers until `forget`; failures are not
 * cached.
 */
export class ApiProbe {
  #hasTasks: Promise<boolean> | undefined;
  #chatsMount: Promise<ChatsMount | undefined> | undefined;

  constructor(private readonly client: CoderClient) {}

  async has(api: Backend): Promise<boolean> {
    return api === "tasks" ? this.#tasks() : (await this.chatsMount()) !== undefined;
  }

  /** The path of the Chats API, if Coder has it. */
  chatsMount(): Promise<ChatsMount | undefined> {
    this.#chatsMount ??= this.#findMount().catch((error: unknown) => {
      this.#chatsMount = undefined;
      throw toChatError(error);
    });
    return this.#chatsMount;
  }

  /** Call this when a path is missing: the answers so far no longer hold. */
  forget(): void {
    this.#hasTasks = undefined;
    this.#chatsMount = undefined;
  }

  /** The error if Coder has none of the wanted APIs. It contains Coder's version and what to do. */
  async missingApiError(wanted: "auto" | Backend): Promise<NoTaskApiError> {
    // A redrive must find the API once it has been turned on.
    this.forget();
    const build = await this.client.get("/api/v2/buildinfo", buildSchema).catch(() => undefined);
    const found = `The Coder deployment at ${this.client.url} (version ${build?.version ?? "unknown"})`;
    const messages = {
      auto: `${found} has neither the Tasks API nor the Chats API. ${versions.tasks}. ${versions.chats}. Upgrade Coder, or turn one of them on.`,
      tasks: `${found} has no Tasks API, which CODER_BACKEND requires. ${versions.tasks}. Set CODER_BACKEND to auto or chats, or turn Tasks on.`,
      chats: `${found} has no Chats API, which CODER_BACKEND requires. ${versions.chats}. Set CODER_BACKEND to auto or tasks, or upgrade Coder.`,
    };
    return new NoTaskApiError(messages[wanted]);
  }

  #tasks(): Promise<boolean> {
    this.#hasTasks ??= this.#hasRoute("/api/v2/tasks?q=owner:me").catch((error: unknown) => {
      this.#hasTasks = undefined;
      throw error;
    });
    return this.#hasTasks;
  }

  async #findMount(): Promise<ChatsMount | undefined> {
    for (const mount of chatsMounts) {
      if (await this.#hasRoute(`${mount}?limit=1`)) return mount;
    }
    return undefined;
  }

  async #hasRoute(path: string): Promise<boolean> {
    try {
      await this.client.request("GET", path);
      return true;
    } catch (error) {
      if (isRouteMissing(error)) return false;
      throw error;
    }
  }
}
