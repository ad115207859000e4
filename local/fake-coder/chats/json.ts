import type { FakeChat } from "./chat.js";
import type { ChatMessage, QueuedMessage } from "./turns.js";

/** The only chat model. */
export const chatModelId = "00000000-0000-4000-8000-00000000c0de";

/** codersdk.Chat. Empty fields are omitted or null, as in Coder. */
export function chatJson(chat: FakeChat, stringErrors: boolean): Record<string, unknown> {
  const { lastError } = chat;
  return {
    id: chat.id,
    organization_id: chat.organization.id,
    owner_id: chat.ownerUser.id,
    owner_username: chat.owner,
    ...(chat.ownerUser.name && { owner_name: chat.ownerUser.name }),
    ...(chat.workspaceId && { workspace_id: chat.workspaceId }),
    ...(chat.parent && { parent_chat_id: chat.parent.id }),
    root_chat_id: chat.parent?.id ?? chat.id,
    last_model_config_id: chatModelId,
    title: chat.title,
    status: chat.status,
    ...(chat.planMode && { plan_mode: chat.planMode }),
    ...(lastError && { last_error: stringErrors ? lastError.message : lastError }),
    last_turn_summary: chat.lastTurnSummary,
    summary: chat.summary,
    created_at: chat.createdAt,
    updated_at: chat.turns.updatedAt,
    archived: chat.archived,
    shared: chat.viewers.size > 0,
    has_unread: false,
    pin_order: chat.pinOrder,
    mcp_server_ids: [],
    labels: chat.labels,
    client_type: chat.clientType,
    children: chat.children.map((child) => chatJson(child, stringErrors)),
    ...(chat.pullRequest && { diff_status: diffStatusJson(chat) }),
  };
}

/** In lists, `diff_status` is always present, with zero values if there is nothing to show. */
export function listedChatJson(chat: FakeChat, stringErrors: boolean) {
  return { ...chatJson(chat, stringErrors), diff_status: diffStatusJson(chat) };
}

export function singleChatJson(chat: FakeChat, stringErrors: boolean) {
  return { ...chatJson(chat, stringErrors), ...(chat.queuedForCapacity && { queued_for_capacity: true }) };
}

function diffStatusJson(chat: FakeChat) {
  const found = chat.pullRequest;
  return {
    chat_id: chat.id,
    ...(found && { url: found.url, pull_request_state: found.state ?? "open" }),
    pull_request_title: found?.title ?? "",
    pull_request_draft: found?.draft ?? false,
    changes_requested: found?.changesRequested ?? false,
    additions: found?.additions ?? 0,
    deletions: found?.deletions ?? 0,
    changed_files: found?.changedFiles ?? 0,
    ...(found?.author && { author_login: found.author }),
    ...(found?.baseBranch && { base_branch: found.baseBranch }),
    ...(found?.headBranch && { head_branch: found.headBranch }),
    ...(found && { pr_number: found.number }),
    ...(found?.approved !== undefined && { approved: found.approved }),
  };
}

/** codersdk.ChatMessage. */
export function messageJson(chat: FakeChat, message: ChatMessage) {
  return {
    id: message.id,
    chat_id: chat.id,
    ...(message.by !== undefined && { created_by: message.by }),
    model_config_id: chatModelId,
    created_at: message.createdAt,
    role: message.role,
    content: message.content,
  };
}

/** codersdk.ChatQueuedMessage. */
export function queuedMessageJson(chat: FakeChat, { id, content, createdAt, editingSince }: QueuedMessage) {
  return {
    id,
    chat_id: chat.id,
    content,
    created_at: createdAt,
    ...(editingSince !== undefined && { editing_since: editingSince }),
  };
}
