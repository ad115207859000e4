import * as z from "zod/mini";
import {
  ConfigurationError,
  isRefusal,
  NoCoderUserError,
  TaskBusyError,
  TransientError,
} from "../model/errors.js";
import type { Person } from "../model/event.js";
import type { Factory } from "../model/plan.js";
import type { TaskKey, TaskLocation } from "../model/record.js";
import type { WorkIdentity } from "../model/work.js";
import type { CoderSettings } from "../runtime/environment.js";
import { log } from "../runtime/log.js";
import type { ApiProbe } from "./api-probe.js";
import { type Chat, claimOf, deliveryOf } from "./chats/chat.js";
import { ChatClient, ChatsVanishedError } from "./chats/chat-client.js";
import { type CreationPatience, createChat, creationPatience } from "./chats/chat-creation.js";
import { archive, interruptAll, unarchive, unbind } from "./chats/chat-ending.js";
import { receptionOf } from "./chats/chat-history.js";
import { BotOwner, type ChatOwner, RequesterOwner } from "./chats/chat-owner.js";
import { isActive, isBeingInterrupted, viewOf } from "./chats/chat-view.js";
import type { CoderClient } from "./client.js";
import type { CoderDirectory, TemplateChoice } from "./directory.js";
import type { TaskMarks } from "./mark.js";
import type { CoderBackend, CoderTask, CreateTask, Reception, SendOutcome } from "./port.js";
import { deleteWorkspace, type WorkspaceParameter } from "./workspaces.js";

const organizationSchema = z.object({ id: z.string() });

const vanished =
  "The Coder server no longer has the Chats API that this task was made with, so nobody can speak to its agent any more.";

/** A text that was sent and not answered for is looked for: better to wait for the answer. */
const sendTimeoutMs = 60_000;

const continueText = "The issue was assigned to you again. Go on with your work on it.";

/** The Chats API of Coder Agents: Coder 2.33 and newer. */
export class ChatsBackend implements CoderBackend {
  readonly api = "chats";
  readonly reportsProgress = true;
  readonly #chats: ChatClient;
  readonly #owner: ChatOwner;
  #organization: Promise<string> | undefined;

  constructor(
    client: CoderClient,
    private readonly directory: CoderDirectory,
    private readonly settings: CoderSettings,
    probe: ApiProbe,
    marks: TaskMarks,
    private readonly patience: CreationPatience = creationPatience,
  ) {
    this.#chats = new ChatClient(client, probe, marks, patience.timeoutMs);
    const Owner = settings.CODER_CHAT_IDENTITY === "requester" ? RequesterOwner : BotOwner;
    this.#owner = new Owner(client, directory);
  }

  ownerOf(person: Person | null): Promise<string> {
    return this.#owner.ownerOf(person);
  }

  /** Without a template the agent picks one itself, once it needs a workspace. */
  async prepare(factory: Factory | null): Promise<CreateTask> {
    const [organization, template] = await Promise.all([
      this.#organizationId(),
      this.directory.templateFor(factory),
    ]);
    const parameters = factory && template ? await this.#parameters(template, factory) : [];
    return async (specification) => {
      const { owner, name } = specification;
      try {
        const made = await this.#owner.as(owner, (coder, user) =>
          createChat(specification, {
            organization,
            template,
            parameters,
            user,
            chats: this.#chats.as(coder),
            patienceMs: this.patience.awaitMs,
          }),
        );
        if (typeof made === "string") return made;
        const isOfAnotherDelivery = deliveryOf(made) !== specification.delivery;
        return { ...this.#found(made, { backend: "chats", owner, name }), isOfAnotherDelivery };
      } catch (error) {
        if (!(error instanceof ChatsVanishedError)) throw error;
        throw new TransientError("Coder has no Chats API any more. It is retried with what Coder has now.");
      }
    };
  }

  async find(location: TaskLocation, key: TaskKey): Promise<CoderTask | undefined> {
    const { id, owner } = location;
    try {
      if (id === undefined) {
        const [live] = await this.#made(owner, key);
        return live && this.#found(live, location);
      }
      const chat = await this.#chats.get(id);
      return chat && this.#toTask(chat, location);
    } catch (error) {
      if (!(error instanceof ChatsVanishedError)) throw error;
      if (id === undefined) return undefined;
      const view = { phase: "gone", status: "without an API", report: vanished } as const;
      return { ...location, id, url: location.url ?? "", view };
    }
  }

  /** Among the chats of whoever owns what the sender asks for: Coder lists nobody else's. */
  async search(work: WorkIdentity, sender: Person): Promise<CoderTask | undefined> {
    try {
      const owner = await this.#owner.ownerOf(sender);
      const chat = await this.#owner.as(owner, async (coder, user) => {
        const chats = this.#chats.as(coder);
        const [live] = await chats.made(work, user, { archived: false });
        return live ?? (await chats.made(work, user, { archived: true }))[0];
      });
      return chat && this.#found(chat, { backend: "chats", owner, name: "" });
    } catch (error) {
      if (error instanceof NoCoderUserError) return undefined;
      throw error;
    }
  }

  async share({ id }: CoderTask, person: Person): Promise<void> {
    try {
      const viewer = await this.#owner.viewerFor(person);
      if (viewer === undefined) return;
      await this.#chats.request("PATCH", id, "/acl", { user_roles: { [viewer]: "read" } });
    } catch (error) {
      log.warn("The chat could not be shared with who asked for it", {
        chat: id,
        login: person.login,
        error: error instanceof Error ? `${error.name}: ${error.message}` : "unknown",
      });
    }
  }

  async resume(task: CoderTask): Promise<void> {
    if (task.view.phase === "paused") await unarchive(this.#chats, task.id);
  }

  /** A chat that was interrupted, or archived, rests until it is told something. */
  async continueTurn(task: CoderTask): Promise<void> {
    const chat = await this.#chats.get(task.id);
    if (!chat) return;
    if (isBeingInterrupted(chat)) {
      throw new TaskBusyError(`The agent of the chat ${chat.id} is being interrupted. It is waited for.`);
    }
    // One that has arrived makes the chat work, so that a retry does not repeat it.
    if (!isActive(chat) && (await this.send(task, continueText)) !== "sent") {
      throw new TransientError(`The chat ${task.id} could not be told to go on. It is retried.`);
    }
  }

  send(task: CoderTask, text: string): Promise<SendOutcome> {
    return this.#owner.as(task.owner, (coder) => this.#send(this.#chats.as(coder), task, text));
  }

  reception({ id }: CoderTask, token: string): Promise<Reception> {
    return receptionOf(this.#chats, id, token);
  }

  stop({ id }: CoderTask): Promise<void> {
    return interruptAll(this.#chats, id);
  }

  async remove(location: TaskLocation, key: TaskKey): Promise<void> {
    const task = await this.find(location, key);
    const phase = task?.view.phase;
    const isVanished = phase === "gone";
    if (task && !isVanished && phase !== "paused") await this.#archive(task.id, location.owner);
    // A creation that took Coder too long may have made another one.
    if (!isVanished) await this.#archiveAll(location.owner, key);
    const workspaceId = task?.workspaceId ?? location.workspaceId;
    if (workspaceId === undefined) return;
    if (task && !isVanished) await unbind(this.#chats, task.id);
    if (!isVanished && (await this.#isUsedByOthers(workspaceId, task?.id))) return;
    // With the owner's rights, not the relay's: labels, which may have named it, are the owner's to change.
    await this.#owner.as(location.owner, (coder) => deleteWorkspace(coder, workspaceId));
  }

  async #send(chats: ChatClient, task: CoderTask, text: string): Promise<SendOutcome> {
    const body = { content: [{ type: "text", text }] };
    try {
      await chats.request("POST", task.id, "/messages", body, { timeoutMs: sendTimeoutMs });
      // Queued or not: Coder's queue goes on by itself.
      return "sent";
    } catch (error) {
      // 429: its queue is full. 409: it is not in a state that takes messages.
      if (isRefusal(error, 409, 429)) return "busy";
      // Whether it is to be opened again is for those to say who know whether it is still wanted.
      if (isRefusal(error, 400) && /archived chat/.test(error.reason)) return "paused";
      if (error instanceof ChatsVanishedError) return "gone";
      if (isRefusal(error, 404) && !(await this.#chats.get(task.id))) return "gone";
      if (error instanceof TransientError) return "unknown";
      throw error;
    }
  }

  async #archiveAll(owner: string, key: TaskKey): Promise<void> {
    const chats = await this.#made(owner, key).catch((error: unknown) => {
      // Where the owner has left Coder, nobody can list them.
      if (error instanceof ChatsVanishedError || isRefusal(error, 400, 403, 404)) return [];
      throw error;
    });
    for (const { id } of chats) await this.#archive(id, owner);
  }

  #archive(id: string, owner: string): Promise<void> {
    return archive(this.#chats, id, (work) => this.#owner.as(owner, (coder) => work(this.#chats.as(coder))));
  }

  /** The live chats that the relay has made for a piece of work, for this owner and nobody else. */
  #made(owner: string, key: TaskKey): Promise<Chat[]> {
    return this.#owner.as(owner, async (coder, user) =>
      isSameUser(owner, user.username) ? this.#chats.as(coder).made(key, user, { archived: false }) : [],
    );
  }

  /**
   * Whether a chat of somebody's own has moved into the workspace since: by the newest of its chats, which is all
   * that Coder tells. The chats of the agent's helpers are the agent's; one that the relay may not read is not.
   */
  async #isUsedByOthers(workspaceId: string, own: string | undefined): Promise<boolean> {
    const newest = await this.#chats.byWorkspace(workspaceId);
    if (newest === undefined || newest === own) return false;
    const chat = await this.#chats.get(newest);
    const isOther = !chat || (!chat.archived && chat.root_chat_id !== own);
    if (isOther) log.warn("The workspace is kept: another chat works in it", { workspaceId, chat: newest });
    return isOther;
  }

  /** What a repository's config says, as the template's parameters of the same names; others are left out. */
  async #parameters({ versionId }: TemplateChoice, factory: Factory): Promise<WorkspaceParameter[]> {
    const known = await this.directory.parametersOf(versionId);
    return Object.entries(factory).flatMap(([name, value]) =>
      known.includes(name)
        ? [{ name, value: typeof value === "string" ? value : JSON.stringify(value) }]
        : [],
    );
  }

  #organizationId(): Promise<string> {
    this.#organization ??= this.#findOrganization().catch((error: unknown) => {
      this.#organization = undefined;
      throw error;
    });
    return this.#organization;
  }

  async #findOrganization(): Promise<string> {
    const name = this.settings.CODER_ORGANIZATION;
    try {
      const path = `/api/v2/organizations/${encodeURIComponent(name)}`;
      return (await this.#chats.coder.get(path, organizationSchema)).id;
    } catch (error) {
      if (!isRefusal(error, 404)) throw error;
      throw new ConfigurationError(
        `Coder has no organization "${name}", or the token's user is no member of it. Set CODER_ORGANIZATION to one that exists, and add the user to it.`,
      );
    }
  }

  /** A chat that its mark has proven to be the relay's: its labels say what it is called and takes with it. */
  #found(chat: Chat, location: TaskLocation): CoderTask {
    const { name, workspaceId } = claimOf(chat);
    return this.#toTask(chat, {
      ...location,
      name: name || location.name,
      workspaceId: workspaceId ?? location.workspaceId,
    });
  }

  #toTask(chat: Chat, { owner, name, workspaceId }: TaskLocation): CoderTask {
    return {
      backend: "chats",
      owner: chat.owner_username || owner,
      name,
      id: chat.id,
      url: `${this.#chats.coder.url}/agents/${chat.id}`,
      view: viewOf(chat),
      ...(workspaceId !== undefined && { workspaceId }),
    };
  }
}

function isSameUser(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
