import * as z from "zod/mini";
import { sleep } from "../../budget.js";
import { isRefusal, TaskBusyError } from "../../errors.js";
import type { ChatClient } from "./chat-client.js";
import { isActive, isBeingInterrupted } from "./chat-view.js";

const noWorkspace = "00000000-0000-0000-0000-000000000000";

/** An interrupt takes effect within moments. Longer than these looks take, the state machine waits. */
const looks = 8;
const pauseMs = 250;

const queueSchema = z.object({
  queued_messages: z._default(z.nullable(z.array(z.object({ id: z.number() }))), []),
});

/**
 * Interrupts a chat and its helpers' until they rest: with each interrupt the next message of a queue begins a
 * turn, so that all that it was told stands in its history. Coder archives none whose helpers work. Throws a `TaskBusyError` where that takes too long.
 */
export async function quieten(chats: ChatClient, id: string): Promise<void> {
  for (let look = 0; look < looks; look++) {
    if (look > 0) await sleep(pauseMs);
    const chat = await chats.get(id);
    if (!chat || chat.archived) return;
    const active = [chat, ...(chat.children ?? [])].filter((one) => !one.archived && isActive(one));
    if (active.length === 0) return;
    for (const one of active) if (!isBeingInterrupted(one)) await interrupt(chats, one.id);
  }
  throw new TaskBusyError(`The agent of the chat ${id} is being interrupted. It is waited for.`);
}

/** Archives a chat, whatever it is at: what waits in its queue would otherwise begin the next turn. */
export async function archive(chats: ChatClient, id: string): Promise<void> {
  await emptyQueue(chats, id);
  await quieten(chats, id);
  try {
    await chats.request("PATCH", id, "", { archived: true });
  } catch (error) {
    if (isRefusal(error, 409)) throw new TaskBusyError(`The chat ${id} is at work again. It is retried.`);
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

async function emptyQueue(chats: ChatClient, id: string): Promise<void> {
  const answer = await chats.read(id, "/messages?limit=1", queueSchema).catch((error: unknown) => {
    if (isRefusal(error, 404)) return undefined;
    throw error;
  });
  for (const message of answer?.queued_messages ?? []) {
    await chats.request("DELETE", id, `/queue/${message.id}`).catch((error: unknown) => {
      // It has begun its turn meanwhile.
      if (!isRefusal(error, 404, 409)) throw error;
    });
  }
}
