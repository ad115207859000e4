import * as z from "zod/mini";
import type { Reception } from "../port.js";
import type { ChatClient } from "./chat-client.js";

/** The most that Coder gives at once (coderd/exp_chats.go). */
const pageLength = 200;
/** An agent at work writes several messages a minute: so far back it was hours ago. */
const pages = 5;

const partSchema = z.object({ type: z.string(), text: z.optional(z.nullable(z.string())) });
const contentSchema = z._default(z.nullable(z.array(partSchema)), []);
const pageSchema = z.object({
  messages: z.nullable(z.array(z.object({ id: z.number(), role: z.string(), content: contentSchema }))),
  queued_messages: z._default(z.nullable(z.array(z.object({ content: contentSchema }))), []),
  has_more: z._default(z.boolean(), false),
});

/** Whether a text with this token was sent to a chat: it has begun a turn, or waits in the queue. */
export async function receptionOf(chats: ChatClient, id: string, token: string): Promise<Reception> {
  for (let page = 0, before = ""; page < pages; page++) {
    const path = `/messages?limit=${pageLength}${before}`;
    const { messages, queued_messages, has_more } = await chats.read(id, path, pageSchema);
    const said = (messages ?? []).filter(({ role }) => role === "user");
    const texts = [...said, ...(queued_messages ?? [])].flatMap(({ content }) => content ?? []);
    if (texts.some(({ text }) => text?.includes(token))) return "received";
    const oldest = messages?.at(-1);
    if (!has_more || !oldest) return "not received";
    before = `&before_id=${oldest.id}`;
  }
  return "unclear";
}
