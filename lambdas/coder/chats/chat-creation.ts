import { ChatOwnerError, TransientError } from "../../errors.js";
import { oneLine } from "../../text/clean.js";
import type { CoderUser, TemplateChoice } from "../directory.js";
import type { NameConflict, TaskSpecification } from "../port.js";
import type { WorkspaceParameter } from "../workspaces.js";
import { type Chat, labelsFor } from "./chat.js";
import type { ChatClient } from "./chat-client.js";
import { archive } from "./chat-ending.js";
import { workspaceFor } from "./chat-workspace.js";

/** Coder's limit, in characters. */
const titleLength = 200;

/** What a chat is created from, and as whom. */
export interface ChatPlan {
  organization: string;
  /** Without one the agent picks a template itself, once it needs a workspace. */
  template: TemplateChoice | undefined;
  /** Of the template, for the workspace. */
  parameters: WorkspaceParameter[];
  user: CoderUser;
  /** As that user sees them. */
  chats: ChatClient;
}

/**
 * Creates an issue's chat, its workspace first. After any doubt, and before anything is made, it looks for what an
 * earlier try has made: for Coder, two chats of one issue are no contradiction.
 */
export async function createChat(
  specification: TaskSpecification,
  plan: ChatPlan,
): Promise<Chat | NameConflict> {
  const { name, displayName, prompt, work, delivery } = specification;
  const { organization, template, parameters, chats } = plan;
  const [known] = await chats.list(work, { archived: false });
  if (known) return known;

  const workspace = template && (await workspaceFor(specification, template, parameters, chats));
  if (typeof workspace === "string") return workspace;
  if (workspace) await specification.note({ workspaceId: workspace.id });
  const body = {
    organization_id: organization,
    content: [{ type: "text", text: prompt }],
    labels: labelsFor(work, { name, delivery, workspaceId: workspace?.id }),
    client_type: "api",
    // Servers that make up a title themselves ignore it.
    title: oneLine(`${work.reference}: ${displayName}`, titleLength),
    ...(workspace && { workspace_id: workspace.id }),
  };
  const chat = await chats.create(body).catch(async (error: unknown) => {
    const [made] = error instanceof TransientError ? await chats.list(work, { archived: false }) : [];
    if (made) return made;
    throw error;
  });
  await verify(chat, plan);
  return chat;
}

/** Coder drops fields that it does not know: what it has made need not be what was asked for. */
async function verify(chat: Chat, { organization, user, chats }: ChatPlan): Promise<void> {
  if (chat.owner_id === user.id && chat.organization_id === organization) return;
  await archive(chats, chat.id);
  throw new ChatOwnerError(
    `Coder has made the chat ${chat.id} for another user or in another organization than was asked for, so it was archived again. Check the Coder server's version and the token's user.`,
  );
}
