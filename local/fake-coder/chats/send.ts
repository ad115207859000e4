import type { HttpReply, HttpRequest } from "../../http/http-server.js";
import type { Access } from "../api/access.js";
import { jsonObject, Refusal, textField } from "../api/coder-api.js";
import type { FakeChat } from "./chat.js";
import { inputParts } from "./content.js";
import { assertEffort, assertMcpServers, assertModel, planModeField } from "./fields.js";
import { messageJson, queuedMessageJson } from "./json.js";

/** `POST /chats/{id}/messages`; the caller's right to change the chat has been checked already. */
export function sendMessage(
  chat: FakeChat,
  request: HttpRequest,
  caller: Access,
  queueCap: number,
): HttpReply {
  // Not even for admins: the turn would run with the owner's credentials.
  if (chat.ownerUser !== caller.me) throw new Refusal(403, "Only the chat owner may send messages.");
  if (chat.archived) throw new Refusal(400, "Cannot send messages to an archived chat.");
  const body = jsonObject(request);
  const content = inputParts(body);
  assertMcpServers(body);
  const planMode = planModeField(body);
  const interrupts = busyBehavior(body) === "interrupt";
  assertModel(body);
  assertEffort(body);
  if (chat.turns.queue.length >= queueCap) {
    throw new Refusal(429, "Message queue is full.", `Maximum ${queueCap} messages can be queued.`);
  }
  chat.planMode = planMode ?? chat.planMode;
  const { queued, begun } = chat.turns.deliver({ content, by: caller.me.id }, interrupts);
  const message = begun && messageJson(chat, begun);
  return {
    status: 200,
    body: {
      queued: queued !== undefined,
      ...(queued ? { queued_message: queuedMessageJson(chat, queued) } : { message }),
      ...(message && { messages: [message] }),
    },
  };
}

function busyBehavior(body: Record<string, unknown>): string {
  const value = textField(body, "busy_behavior") || "queue";
  if (value === "queue" || value === "interrupt") return value;
  throw new Refusal(400, "Invalid busy_behavior value.", 'Must be "queue" or "interrupt".');
}
