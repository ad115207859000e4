import { Refusal, textField, uuidField, zeroUuid } from "../api/coder-api.js";
import type { Workspaces } from "../workspaces/workspaces.js";
import type { FakeChat } from "./chat.js";
import { planModeField } from "./fields.js";
import { labelsField } from "./labels.js";

const titleLimit = 200;

/** `PATCH /chats/{id}`: applies one field after the other. If one is refused, the earlier ones stay changed. */
export function editChat(
  chat: FakeChat,
  body: Record<string, unknown>,
  workspaces: Workspaces,
  legacy: boolean,
): void {
  const planMode = planModeField(body);
  const title = textField(body, "title");
  if (title !== undefined) rename(chat, title.trim());
  chat.labels = labelsField(body) ?? chat.labels;
  const { archived, pin_order: pinOrder } = body;
  if (typeof archived === "boolean") setArchived(chat, archived, legacy);
  if (typeof pinOrder === "number") pin(chat, pinOrder);
  const workspaceId = uuidField(body, "workspace_id");
  if (workspaceId !== undefined) bind(chat, workspaceId, workspaces);
  chat.planMode = planMode ?? chat.planMode;
  chat.turns.touch();
}

function rename(chat: FakeChat, title: string): void {
  if (title === "") throw new Refusal(400, "Title cannot be empty.");
  assertTitleFits(title);
  chat.title = title;
}

/** The limit is in runes (`utf8.RuneCountInString`). */
export function assertTitleFits(title: string): void {
  if ([...title].length <= titleLimit) return;
  throw new Refusal(400, `Title must be at most ${titleLimit} characters.`);
}

/** Archives or unarchives a chat. Its workspace stays as it is. */
function setArchived(chat: FakeChat, archived: boolean, legacy: boolean): void {
  if (archived === chat.archived) {
    throw new Refusal(400, `Chat is already ${archived ? "archived" : "not archived"}.`);
  }
  if (chat.parent) throw new Refusal(400, "Chat archive state can only be changed on the root chat.");
  const all = [chat, ...chat.children];
  if (archived && legacy) for (const { turns } of all) turns.halt();
  if (archived && all.some(({ status }) => status === "paused")) {
    throw new Refusal(
      409,
      "Cannot archive: a chat in this family is paused at a queued message under edit. Finish editing, send, or remove that message first.",
    );
  }
  if (archived && all.some(({ turns }) => turns.isActive)) {
    throw new Refusal(
      409,
      "Cannot archive an active chat. Interrupt or wait for the chat to finish first.",
      `transition "archive" is not allowed from status "${chat.status}"`,
    );
  }
  for (const one of all) one.archived = archived;
  if (archived) chat.pinOrder = 0;
}

function pin(chat: FakeChat, order: number): void {
  if (order < 0) throw new Refusal(400, "Pin order must be non-negative.");
  if (order > 0 && chat.archived) throw new Refusal(400, "Cannot pin an archived chat.");
  chat.pinOrder = order;
}

function bind(chat: FakeChat, workspaceId: string, workspaces: Workspaces): void {
  if (workspaceId === zeroUuid) {
    chat.workspaceId = undefined;
    return;
  }
  const { version } = workspaces.usableBy(workspaceId, chat.ownerUser);
  if (version.template.organization !== chat.organization) {
    throw new Refusal(400, "Workspace does not belong to this chat's organization.");
  }
  chat.workspaceId = workspaceId;
}
