import * as z from "zod/mini";
import { ChatsForbiddenError, isRefusal, TaskBusyError } from "../../model/errors.js";
import { sleep } from "../../runtime/budget.js";
import { log } from "../../runtime/log.js";
import type { ChatClient } from "./chat-client.js";
import { isActive, isBeingInterrupted, isPaused } from "./chat-view.js";

const noWorkspace = "00000000-0000-0000-0000-000000000000";

/** An interrupt takes effect within moments. Longer than these looks take, the state machine waits. */
const looks = 8;
const pauseMs = 250;

const queueSchema = z.object({
  queued_messages: z._default(z.nullable(z.array(z.object({ id: z.number() }))), []),
});

/** Does something as the owner of a chat. */
export type AsOwner = (work: (chats: ChatClient) => Promise<void>) => Promise<void>;

/**
 * Interrupts a chat and its helpers' until they rest: with each interrupt the next message of a queue begins a
 * turn, so that all that it was told stands in its history. Coder archives none whose helpers work. Throws a
 * `TaskBusyError` where that takes too long.
 */
export async function interruptAll(chats: ChatClient, id: string): Promise<void> {
  for (let look = 0; look < looks; look++) {
    if (look > 0) await sleep(pauseMs);
    const chat = await chats.get(id);
    if (!chat || chat.archived) return;
    const active = [chat, ...(chat.children ?? [])].filter(
      (one) => !one.archived && isActive(one) && !isPaused(one),
    );
    if (active.length === 0) return;
    for (const one of active) if (!isBeingInterrupted(one)) await interrupt(chats, one.id);
  }
  throw new TaskBusyError(`The agent of the chat ${id} is being interrupted. It is waited for.`);
}

/**
 * Archives a chat, whatever it is at: what waits in its queue would otherwise begin the next turn, and an edit of
 * what waits keeps it from being archived.
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

/** Opens an archived chat again; archiving changes nothing of its history. */
export async function unarchive(chats: ChatClient, id: string): Promise<void> {
  try {
    await chats.request("PATCH", id, "", { archived: false });
  } catch (error) {
    if (!isRefusal(error, 400) || !/already not archived/.test(error.reason)) throw error;
  }
}

/** Lets go of the chat's workspace, so that Coder tells which other chats work in it. */
export async function unbind(chats: ChatClient, id: string): Promise<void> {
  await chats.request("PATCH", id, "", { workspace_id: noWorkspace }).catch((error: unknown) => {
    if (!isRefusal(error, 400, 404, 409)) throw error;
  });
}

/** 409 is "not interruptible": it rests already, or is being interrupted. */
async function interrupt(chats: ChatClient, id: string): Promise<void> {
  await chats.request("POST", id, "/interrupt").catch((error: unknown) => {
    if (!isRefusal(error, 400, 404, 409)) throw error;
  });
}

/** Newer servers let only the owner delete what is queued (coder/coder#29215), older ones whoever may change a chat. */
async function emptyQueue(chats: ChatClient, id: string, asOwner: AsOwner): Promise<void> {
  const answer = await chats.read(id, "/messages?limit=1", queueSchema).catch((error: unknown) => {
    if (isRefusal(error, 404)) return undefined;
    throw error;
  });
  // From its end: a chat that is paused at the head goes on with whatever is left behind that.
  const queued = (answer?.queued_messages ?? []).reverse();
  for (const message of queued) {
    if (await deleteQueued(chats, id, message.id)) continue;
    return deleteAsOwner(id, queued, asOwner);
  }
}

/** `false` where only the owner may. */
async function deleteQueued(chats: ChatClient, id: string, message: number): Promise<boolean> {
  try {
    await chats.request("DELETE", id, `/queue/${message}`);
  } catch (error) {
    if (error instanceof ChatsForbiddenError) return false;
    // It has begun its turn meanwhile.
    if (!isRefusal(error, 404, 409)) throw error;
  }
  return true;
}

/** An owner who has left Coder cannot: then every interrupt begins one of the messages, until none is left. */
async function deleteAsOwner(id: string, queued: readonly { id: number }[], asOwner: AsOwner): Promise<void> {
  try {
    await asOwner(async (chats) => {
      for (const message of queued) await deleteQueued(chats, id, message.id);
    });
  } catch (error) {
    if (!isRefusal(error, 400, 403, 404)) throw error;
    log.warn("What is queued in a chat cannot be deleted in its owner's name", {
      chat: id,
      error: error.name,
    });
  }
}
