import * as z from "zod/mini";
import { NoTaskApiError } from "../model/errors.js";
import type { Backend } from "../model/record.js";
import { toChatError } from "./chats/chat-errors.js";
import { type CoderClient, isRouteMissing } from "./client.js";

/** Where the Chats API is: at the first from Coder 2.37 on, at the second up to 2.37. */
const chatsMounts = ["/api/v2/chats", "/api/experimental/chats"] as const;
export type ChatsMount = (typeof chatsMounts)[number];

const buildSchema = z.object({ version: z.string() });

const history = {
  tasks:
    "Coder has Tasks up to 2.35, in 2.36 with CODER_ENABLE_AI_TASKS=true, and no longer after that (premium support of the 2.34 ESR goes on)",
  chats:
    "Coder Agents, which the Chats API is of, are there from 2.33 on, and in 2.32 behind the experiment `agents`",
};

/**
 * Which of its APIs a Coder deployment has, found out by asking for short lists. What was found is kept until
 * `forget`; a question that failed is asked again.
 */
export class ApiProbe {
  #hasTasks: Promise<boolean> | undefined;
  #chatsMount: Promise<ChatsMount | undefined> | undefined;

  constructor(private readonly client: CoderClient) {}

  async has(api: Backend): Promise<boolean> {
    return api === "tasks" ? this.#tasks() : (await this.chatsMount()) !== undefined;
  }

  /** The path of the Chats API, if it is there. */
  chatsMount(): Promise<ChatsMount | undefined> {
    this.#chatsMount ??= this.#findMount().catch((error: unknown) => {
      this.#chatsMount = undefined;
      throw toChatError(error);
    });
    return this.#chatsMount;
  }

  /** A path was missing: what was found holds no longer. */
  forget(): void {
    this.#hasTasks = undefined;
    this.#chatsMount = undefined;
  }

  /** What to say where Coder has none of the APIs that are wanted: the version that was found, and what to do. */
  async noneOf(wanted: "auto" | Backend): Promise<NoTaskApiError> {
    // Once it is turned on, a redrive must find it.
    this.forget();
    const build = await this.client.get("/api/v2/buildinfo", buildSchema).catch(() => undefined);
    const found = `The Coder deployment at ${this.client.url} (version ${build?.version ?? "unknown"})`;
    const words = {
      auto: `${found} has neither the Tasks API nor the Chats API. ${history.tasks}. ${history.chats}. Upgrade Coder, or turn one of them on.`,
      tasks: `${found} has no Tasks API, which CODER_BACKEND asks for. ${history.tasks}. Set CODER_BACKEND to auto or chats, or turn Tasks on.`,
      chats: `${found} has no Chats API, which CODER_BACKEND asks for. ${history.chats}. Set CODER_BACKEND to auto or tasks, or upgrade Coder.`,
    };
    return new NoTaskApiError(words[wanted]);
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
