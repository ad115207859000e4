import type { HttpReply, HttpRequest } from "../../http/http-server.js";
import type { Access } from "../api/access.js";
import { jsonObject, Refusal } from "../api/coder-api.js";
import type { FakeChat } from "./chat.js";
import { inputParts } from "./content.js";
import type { QueuedMessage } from "./turns.js";

/** `DELETE /chats/{id}/queue/{message}`. Servers with `queueEdits` let only the owner do it. */
export function deleteQueued(
  chat: FakeChat,
  { params }: HttpRequest,
  caller: Access,
  queueEdits: boolean,
): HttpReply {
  if (queueEdits && chat.ownerUser !== caller.me) {
    throw new Refusal(403, "Only the chat owner may delete queued messages.");
  }
  const id = queuedId(params.message);
  const { queue } = chat.turns;
  if (queue.length === 0) throw new Refusal(409, "Chat has no queued messages to delete.");
  queue.splice(queue.indexOf(queued(chat, id)), 1);
  chat.turns.unpause();
  return { status: 204 };
}

/** `PATCH /chats/{id}/queue/{message}`: starts, ends or applies an edit (coder/coder#29215). */
export function editQueued(chat: FakeChat, request: HttpRequest, caller: Access): HttpReply {
  if (chat.ownerUser !== caller.me) throw new Refusal(403, "Only the chat owner may edit queued messages.");
  if (chat.archived) throw new Refusal(400, "Cannot edit queued messages in an archived chat.");
  const id = queuedId(request.params.message);
  const body = jsonObject(request);
  if (body.content === undefined && body.editing === undefined) throw new Refusal(400, "Nothing to edit.");
  const message = queued(chat, id);
  const { turns } = chat;
  if (body.editing === true && turns.status === "paused" && turns.queue[0] !== message) {
    throw new Refusal(409, "Chat is paused at another queued message.");
  }
  if (body.content !== undefined) message.content = inputParts(body);
  if (body.editing === true) message.editingSince ??= new Date().toISOString();
  else message.editingSince = undefined;
  if (turns.queue[0]?.editingSince) turns.touch();
  else turns.unpause();
  return { status: 204 };
}

function queuedId(text: string | undefined): number {
  if (!/^-?\d+$/.test(text ?? "")) throw new Refusal(400, "Invalid queued message ID.");
  return Number(text);
}

function queued({ turns }: FakeChat, id: number): QueuedMessage {
  const found = turns.queue.find((message) => message.id === id);
  if (!found) throw new Refusal(404, "Queued message not found.");
  return found;
}
