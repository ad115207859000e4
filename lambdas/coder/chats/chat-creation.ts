import { ChatOwnerError, TransientError } from "../../model/errors.js";
import type { WorkIdentity } from "../../model/work.js";
import { hasTimeFor, sleep } from "../../runtime/budget.js";
import { oneLine } from "../../text/clean.js";
import { limits } from "../../text/limits.js";
import type { CoderUser, TemplateChoice } from "../directory.js";
import type { NameConflict, TaskSpecification } from "../port.js";
import type { WorkspaceParameter } from "../workspaces.js";
import { type Chat, labelsFor } from "./chat.js";
import type { ChatClient } from "./chat-client.js";
import { archive } from "./chat-ending.js";
import { workspaceFor } from "./chat-workspace.js";

/** Milliseconds between two looks for a chat that Coder may still be making. */
const lookMs = 1000;

/**
 * Milliseconds that a creation is given, which names a model and writes a first turn; and then for which its chat is
 * looked for, if the invocation has that much left.
 */
export interface CreationPatience {
  timeoutMs: number;
  awaitMs: number;
}
export const creationPatience: CreationPatience = { timeoutMs: 45_000, awaitMs: 40_000 };

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
  /** Milliseconds for which a chat is looked for whose creation has timed out. */
  patienceMs: number;
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
  const { organization, template, parameters, user, chats } = plan;
  const [known] = await chats.made(work, user, { archived: false });
  if (known) return known;

  const workspace = template && (await workspaceFor(specification, template, parameters, chats));
  if (typeof workspace === "string") return workspace;
  const workspaceId = workspace?.id;
  if (workspace) await specification.note({ workspaceId });
  const { repositoryId, work: key } = work;
  const task = {
    backend: "chats",
    owner: user.username,
    name,
    repositoryId,
    work: key,
    workspaceId,
  } as const;
  const mark = await chats.marks.markOf(task);
  const body = {
    organization_id: organization,
    content: [{ type: "text", text: prompt }],
    labels: labelsFor(work, { name, delivery, workspaceId, mark }),
    client_type: "api",
    // Servers that make up a title themselves ignore it.
    title: oneLine(`${work.reference}: ${displayName}`, limits.coder.chatTitle),
    ...(workspace && { workspace_id: workspace.id }),
  };
  const chat = await chats.create(body).catch(async (error: unknown) => {
    if (!(error instanceof TransientError)) throw error;
    const mayBeAtIt = error.timedOut || error.answer?.status === 504;
    const made = await awaitChat(work, plan, mayBeAtIt ? plan.patienceMs : 0);
    if (made) return made;
    throw error;
  });
  await verify(chat, plan);
  return chat;
}

/**
 * The chat that a creation has made whose answer is not known. Where there was none in time, Coder may still be
 * making it: then it is looked for again and again, for as long as that.
 */
async function awaitChat(
  work: WorkIdentity,
  { chats, user }: ChatPlan,
  patienceMs: number,
): Promise<Chat | undefined> {
  for (const end = Date.now() + patienceMs; ; await sleep(lookMs)) {
    const [made] = await chats.made(work, user, { archived: false });
    if (made || Date.now() >= end || !hasTimeFor(lookMs)) return made;
  }
}

/** Coder drops fields that it does not know: what it has made need not be what was asked for. */
async function verify(chat: Chat, { organization, user, chats }: ChatPlan): Promise<void> {
  if (chat.owner_id === user.id && chat.organization_id === organization) return;
  await archive(chats, chat.id, (work) => work(chats));
  throw new ChatOwnerError(
    `Coder has made the chat ${chat.id} for another user or in another organization than was asked for, so it was archived again. Check the Coder server's version and the token's user.`,
  );
}
