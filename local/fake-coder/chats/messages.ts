import type { HttpReply, HttpRequest } from "../../http/http-server.js";
import { Refusal } from "../api/coder-api.js";
import { integerParam } from "../api/pagination.js";
import type { FakeChat } from "./chat.js";
import { messageJson, queuedMessageJson } from "./json.js";

/** `GET /chats/{id}/messages`: the newest first; with only `after_id`, the oldest first. */
export function readMessages(chat: FakeChat, { query }: HttpRequest): HttpReply {
  const before = integerParam(query, "before_id") ?? Number.POSITIVE_INFINITY;
  const after = integerParam(query, "after_id") ?? 0;
  const limit = integerParam(query, "limit") ?? 50;
  if (limit < 1 || limit > 200) throw new Refusal(400, "limit must be between 1 and 200.");
  if (after >= before) throw new Refusal(400, "after_id must be less than before_id.");
  const found = chat.turns.messages.filter(({ id }) => id > after && id < before);
  if (!query.has("after_id") || query.has("before_id")) found.reverse();
  const hasCursor = query.has("after_id") || query.has("before_id");
  return {
    status: 200,
    body: {
      messages: found.slice(0, limit).map((message) => messageJson(chat, message)),
      queued_messages: hasCursor ? [] : chat.turns.queue.map((queued) => queuedMessageJson(chat, queued)),
      has_more: found.length > limit,
    },
  };
}
