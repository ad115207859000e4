import type { HttpReply } from "../http-server.js";
import type { FakeChat } from "./chat.js";
import { Refusal } from "./coder-api.js";

/** `DELETE /chats/{id}/queue/{message}`. */
export function deleteQueued(chat: FakeChat, message: string | undefined): HttpReply {
  if (!/^-?\d+$/.test(message ?? "")) throw new Refusal(400, "Invalid queued message ID.");
  const { queue } = chat.turns;
  if (queue.length === 0) throw new Refusal(409, "Chat has no queued messages to delete.");
  const at = queue.findIndex(({ id }) => id === Number(message));
  if (at < 0) throw new Refusal(404, "Queued message not found.");
  queue.splice(at, 1);
  chat.turns.touch();
  return { status: 204 };
}
