import * as z from "zod/mini";
import type { Reception } from "../port.js";
import type { ChatClient } from "./chat-client.js";

/** The longest page that Coder returns (coderd/exp_chats.go). */
const pageLength = 200;
/** A working agent writes several messages a minute, so these pages cover hours. */
const pages = 5;

const partSchema = z.object({ type: z.string(), text: z.optional(z.nullable(z.string())) });
const contentSchema = z._default(z.nullable(z.array(partSchema)), []);
const pageSchema = z.object({
  messages: z.nullable(z.array(z.object({ id: z.number(), role: z.string(), content: contentSchema }))),
  queued_messages: z._default(z.nullable(z.array(z.object({ content: contentSchema }))), []),
  has_more: z._default(z.boolean(), false),
});

/** Whether a text with this token was sent to a chat, judged by the chat's history and queue. */
export async function receptionOf(chats: ChatClient, id: string, token: string): Promise<Reception> {
  for (let page = 0, before = ""; page < pages; page++) {
    const path = `/messages?limit=${pageLength}${before}`;
    const { messages, queued_messages, has_more } = await chats.read(id, path, pageSchema);
    const sent = (messages ?? []).filter(({ role }) => role === "user");
    const texts = [...sent, ...(queued_messages ?? [])].flatMap(({ content }) => content ?? []);
    if (texts.some(({ text }) => text?.includes(token))) return "received";
    const oldest = messages?.at(-1);
    if (!has_more || !oldest) return "not received";
    before = `&before_id=${oldest.id}`;
  }
  return "unclear";
}
