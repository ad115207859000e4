import { isRefusal, NoCoderUserError, TaskBusyError, TransientError } from "../../model/errors.js";
import type { Person } from "../../model/event.js";
import type { Factory } from "../../model/plan.js";
import type { TaskKey, TaskLocation } from "../../model/record.js";
import type { WorkIdentity } from "../../model/work.js";
import type { CoderSettings } from "../../runtime/environment.js";
import { log } from "../../runtime/log.js";
import type { ApiProbe } from "../api-probe.js";
import type { CoderClient } from "../client.js";
import type { TaskMarks } from "../mark.js";
import { apiHasMoved, unreachableTask } from "../missing-api.js";
import type { CoderBackend, CoderTask, CreateTask, Reception, SendOutcome } from "../port.js";
import type { CoderTemplates } from "../templates.js";
import type { CoderUsers } from "../users.js";
import { deleteWorkspace } from "../workspaces.js";
import { type Chat, claimOf, deliveryOf } from "./chat.js";
import { ChatClient, ChatsVanishedError } from "./chat-client.js";
import { type CreationPatience, createChat, creationPatience } from "./chat-creation.js";
import { interruptAll, unarchive, unbind } from "./chat-ending.js";
import { receptionOf } from "./chat-history.js";
import { BotOwner, RequesterOwner } from "./chat-owner.js";
import { isActive, isBeingInterrupted, viewOf } from "./chat-view.js";
import { OwnedChats } from "./owned-chats.js";

/** Waiting for the answer to a send is better than searching for the text afterwards. */
const sendTimeoutMs = 60_000;

const continueText = "The issue was assigned to you again. Continue your work on it.";

/** The Chats API of Coder Agents: Coder 2.33 and newer. */
export class ChatsBackend implements CoderBackend {
  readonly api = "chats" as const;
  readonly reportsProgress = true;
  readonly #chats: ChatClient;
  readonly #owned: OwnedChats;

  constructor(
    client: CoderClient,
    users: CoderUsers,
    private readonly templates: CoderTemplates,
    settings: CoderSettings,
    probe: ApiProbe,
    marks: TaskMarks,
    private readonly patience: CreationPatience = creationPatience,
  ) {
    this.#chats = new ChatClient(client, probe, marks, patience.timeoutMs);
    const Owner = settings.CODER_CHAT_IDENTITY === "requester" ? RequesterOwner : BotOwner;
    this.#owned = new OwnedChats(this.#chats, new Owner(client, users));
  }

  ownerOf(person: Person | null): Promise<string> {
    return this.#owned.owner.ownerOf(person);
  }

  /** Without a template, the agent chooses one itself when it needs a workspace. */
  async prepare(factory: Factory | null): Promise<CreateTask> {
    const [organization, template] = await Promise.all([
      this.templates.organizationId(),
      this.templates.templateFor(factory),
    ]);
    const parameters = factory && template ? await this.templates.parametersFor(template, factory) : [];
    return async (specification) => {
      const { owner, name } = specification;
      try {
        const made = await this.#owned.as(owner, (chats, user) =>
          createChat(specification, {
            organization,
            template,
            parameters,
            user,
            chats,
            patienceMs: this.patience.awaitMs,
          }),
        );
        if (typeof made === "string") return made;
        const isOfAnotherDelivery = deliveryOf(made) !== specification.delivery;
        return { ...this.#found(made, { backend: this.api, owner, name }), isOfAnotherDelivery };
      } catch (error) {
        throw error instanceof ChatsVanishedError ? apiHasMoved(this.api) : error;
      }
    };
  }

  async find(location: TaskLocation, key: TaskKey): Promise<CoderTask | undefined> {
    const { id, owner } = location;
    try {
      if (id === undefined) {
        const [live] = await this.#owned.made(owner, key);
        return live && this.#found(live, location);
      }
      const chat = await this.#chats.get(id);
      return chat && this.#toTask(chat, location);
    } catch (error) {
      if (error instanceof ChatsVanishedError) return unreachableTask(location);
      throw error;
    }
  }

  /** Searches the chats of the user who would own the sender's chats. Coder doesn't list anybody else's. */
  async search(work: WorkIdentity, sender: Person): Promise<CoderTask | undefined> {
    try {
      const owner = await this.ownerOf(sender);
      const chat = await this.#owned.as(owner, async (chats, user) => {
        const [live] = await chats.made(work, user, { archived: false });
        return live ?? (await chats.made(work, user, { archived: true }))[0];
      });
      return chat && this.#found(chat, { backend: this.api, owner, name: "" });
    } catch (error) {
      if (error instanceof NoCoderUserError) return undefined;
      throw error;
    }
  }

  async share({ id }: CoderTask, person: Person): Promise<void> {
    try {
      const viewer = await this.#owned.owner.viewerFor(person);
      if (viewer === undefined) return;
      await this.#chats.request("PATCH", id, "/acl", { user_roles: { [viewer]: "read" } });
    } catch (error) {
      log.warn("The chat could not be shared with its requester", {
        chat: id,
        login: person.login,
        error: error instanceof Error ? `${error.name}: ${error.message}` : "unknown",
      });
    }
  }

  async resume(task: CoderTask): Promise<void> {
    if (task.view.phase === "paused") await unarchive(this.#chats, task.id);
  }

  /** An interrupted or archived chat does nothing until it gets a message. */
  async continueTurn(task: CoderTask): Promise<void> {
    const chat = await this.#chats.get(task.id);
    if (!chat) return;
    if (isBeingInterrupted(chat)) {
      throw new TaskBusyError(`The agent of the chat ${chat.id} is being interrupted. It is retried.`);
    }
    // A message makes the chat active, so a retry does not repeat it.
    if (!isActive(chat) && (await this.send(task, continueText)) !== "sent") {
      throw new TransientError(
        `The agent of the chat ${task.id} could not be told to continue. It is retried.`,
      );
    }
  }

  send(task: CoderTask, text: string): Promise<SendOutcome> {
    return this.#owned.as(task.owner, (chats) => this.#send(chats, task, text));
  }

  reception({ id }: CoderTask, token: string): Promise<Reception> {
    return receptionOf(this.#chats, id, token);
  }

  stop({ id }: CoderTask): Promise<void> {
    return interruptAll(this.#chats, id);
  }

  async remove(location: TaskLocation, key: TaskKey): Promise<void> {
    const task = await this.find(location, key);
    const isReachable = task?.view.phase !== "gone";
    if (isReachable) {
      if (task && task.view.phase !== "paused") await this.#owned.archive(task.id, location.owner);
      await this.#owned.archiveAll(location.owner, key);
    }
    const workspaceId = task?.workspaceId ?? location.workspaceId;
    if (workspaceId === undefined) return;
    if (isReachable) {
      if (task) await unbind(this.#chats, task.id);
      if (await this.#isUsedByOthers(workspaceId, task?.id)) return;
    }
    // Use the owner's rights, not the relay's, because the owner can change the labels that name the workspace.
    await this.#owned.owner.as(location.owner, (coder) => deleteWorkspace(coder, workspaceId));
  }

  async #send(chats: ChatClient, task: CoderTask, text: string): Promise<SendOutcome> {
    const body = { content: [{ type: "text", text }] };
    try {
      await chats.request("POST", task.id, "/messages", body, { timeoutMs: sendTimeoutMs });
      // It doesn't matter whether the message is queued: Coder works through its queue by itself.
      return "sent";
    } catch (error) {
      // 429: the chat's queue is full. 409: the chat's state doesn't allow messages.
      if (isRefusal(error, 409, 429)) return "busy";
      // Leave it to the caller to unarchive the chat: it knows whether the task is still wanted.
      if (isRefusal(error, 400) && /archived chat/.test(error.reason)) return "paused";
      if (error instanceof ChatsVanishedError) return "gone";
      if (isRefusal(error, 404) && !(await this.#chats.get(task.id))) return "gone";
      if (error instanceof TransientError) return "unknown";
      throw error;
    }
  }

  /**
   * Whether somebody else's chat now uses the workspace. Coder shows only the newest chat of a workspace. Chats of the
   * agent's subagents count as the agent's; a chat that the relay may not read does not.
   */
  async #isUsedByOthers(workspaceId: string, own: string | undefined): Promise<boolean> {
    const newest = await this.#chats.byWorkspace(workspaceId);
    if (newest === undefined || newest === own) return false;
    const chat = await this.#chats.get(newest);
    const isOther = !chat || (!chat.archived && chat.root_chat_id !== own);
    if (isOther) log.warn("The workspace is kept: another chat works in it", { workspaceId, chat: newest });
    return isOther;
  }

  /** Use this for a chat whose mark proves that the relay created it: name and workspace are taken from its labels. */
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
      backend: this.api,
      owner: chat.owner_username || owner,
      name,
      id: chat.id,
      url: `${this.#chats.coder.url}/agents/${chat.id}`,
      view: viewOf(chat),
      ...(workspaceId !== undefined && { workspaceId }),
    };
  }
}
