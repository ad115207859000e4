import * as z from "zod/mini";
import { ChatsForbiddenError, isRefusal, TaskBusyError } from "../../model/errors.js";
import { sleep } from "../../runtime/budget.js";
import { log } from "../../runtime/log.js";
import type { ChatClient } from "./chat-client.js";
import { isActive, isBeingInterrupted, isPaused } from "./chat-view.js";

const noWorkspace = "00000000-0000-0000-0000-000000000000";

/** An interrupt takes effect within moments. After these attempts, the state machine retries. */
const attempts = 8;
const pauseMs = 250;

const queueSchema = z.object({
  queued_messages: z._default(z.nullable(z.array(z.object({ id: z.number() }))), []),
});

/** Does something as the owner of a chat. */
export type AsOwner = (act: (chats: ChatClient) => Promise<void>) => Promise<void>;

/**
 * Interrupts a chat and its subagents' chats until all are at rest. Each interrupt starts a turn with the next queued
 * message, so every message gets into the history. Coder does not archive a chat while its subagents are working. Throws
 * a `TaskBusyError` if this takes too long.
 */
export async function interruptAll(chats: ChatClient, id: string): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) await sleep(pauseMs);
    const chat = await chats.get(id);
    if (!chat || chat.archived) return;
    const active = [chat, ...(chat.children ?? [])].filter(
      (one) => !one.archived && isActive(one) && !isPaused(one),
    );
    if (active.length === 0) return;
    for (const one of active) if (!isBeingInterrupted(one)) await interrupt(chats, one.id);
  }
  throw new TaskBusyError(`The agent of the chat ${id} is being interrupted. It is retried.`);
}

/**
 * Archives a chat in any state. Its queue is emptied first, because the next message would start a turn, and Coder does
 * not archive a chat while somebody is editing its queue.
 */
export async function archive(chats: ChatClient, id: string, asOwner: AsOwner): Promise<void> {
  const chat = await chats.get(id);
  const paused = chat?.children?.filter((child) => !child.archived && isPaused(child)) ?? [];
  for (const one of [id, ...paused.map((child) => child.id)]) await emptyQueue(chats, one, asOwner);
  await interruptAll(chats, id);
  try {
    await chats.request("PATCH", id, "", { archived: true });
  } catch (error) {
    if (isRefusal(error, 409)) {
      throw new TaskBusyError(`Coder does not archive the chat ${id}: ${error.reason} It is retried.`);
    }
    const isDone = isRefusal(error, 404) || (isRefusal(error, 400) && /already archived/.test(error.reason));
    if (!isDone) throw error;
  }
}

/** Unarchives a chat. Its history is unchanged. */
export async function unarchive(chats: ChatClient, id: string): Promise<void> {
  try {
    await chats.request("PATCH", id, "", { archived: false });
  } catch (error) {
    if (!isRefusal(error, 400) || !/already not archived/.test(error.reason)) throw error;
  }
}

/** Detaches the chat from its workspace. Coder then shows whether another chat works there. */
export async function unbind(chats: ChatClient, id: string): Promise<void> {
  await chats.request("PATCH", id, "", { workspace_id: noWorkspace }).catch((error: unknown) => {
    if (!isRefusal(error, 400, 404, 409)) throw error;
  });
}

/** 409 means "not interruptible": the chat is already at rest or being interrupted. */
async function interrupt(chats: ChatClient, id: string): Promise<void> {
  await chats.request("POST", id, "/interrupt").catch((error: unknown) => {
    if (!isRefusal(error, 400, 404, 409)) throw error;
  });
}

/**
 * Newer servers let only the owner delete queued messages (coder/coder#29215); older ones let anybody who may change the
 * chat.
 */
async function emptyQueue(chats: ChatClient, id: string, asOwner: AsOwner): Promise<void> {
  const answer = await chats.read(id, "/messages?limit=1", queueSchema).catch((error: unknown) => {
    if (isRefusal(error, 404)) return undefined;
    throw error;
  });
  // Start at the end of the queue: a chat that is paused at the first message continues with the next one that is left.
  const queued = (answer?.queued_messages ?? []).reverse();
  for (const message of queued) {
    if (await deleteQueued(chats, id, message.id)) continue;
    return deleteAsOwner(id, queued, asOwner);
  }
}

/** `false` if only the owner may delete it. */
async function deleteQueued(chats: ChatClient, id: string, message: number): Promise<boolean> {
  try {
    await chats.request("DELETE", id, `/queue/${message}`);
  } catch (error) {
    if (error instanceof ChatsForbiddenError) return false;
    // Its turn has started in the meantime.
    if (!isRefusal(error, 404, 409)) throw error;
  }
  return true;
}

/**
 * If the owner has left Coder, nobody can delete the messages. Each interrupt then starts a turn with the next one, until
 * none is left.
 */
async function deleteAsOwner(id: string, queued: readonly { id: number }[], asOwner: AsOwner): Promise<void> {
  try {
    await asOwner(async (chats) => {
      for (const message of queued) await deleteQueued(chats, id, message.id);
    });
  } catch (error) {
    if (!isRefusal(error, 400, 403, 404)) throw error;
    log.warn("A chat's queued messages cannot be deleted as its owner", {
      chat: id,
      error: error.name,
    });
  }
}
