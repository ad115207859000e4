import { ChatOwnerError, TransientError } from "../../model/errors.js";
import type { WorkIdentity } from "../../model/work.js";
import { hasTimeFor, sleep } from "../../runtime/budget.js";
import { oneLine } from "../../text/clean.js";
import { limits } from "../../text/limits.js";
import type { NameConflict, TaskSpecification } from "../port.js";
import type { TemplateChoice } from "../templates.js";
import type { CoderUser } from "../users.js";
import type { WorkspaceParameter } from "../workspaces.js";
import { type Chat, labelsFor } from "./chat.js";
import type { ChatClient } from "./chat-client.js";
import { archive } from "./chat-ending.js";
import { workspaceFor } from "./chat-workspace.js";

/** Milliseconds between two searches for a chat that Coder may still be creating. */
const searchMs = 1000;

/**
 * The time-out of a creation, which starts a first turn, and how long we search for its chat after that if the invocation
 * has enough time left. Both in milliseconds.
 */
export interface CreationPatience {
  timeoutMs: number;
  awaitMs: number;
}
export const creationPatience: CreationPatience = { timeoutMs: 45_000, awaitMs: 40_000 };

/** The inputs for creating a chat, and the user who will own it. */
export interface ChatPlan {
  organization: string;
  /** Without one, the agent chooses a template itself when it needs a workspace. */
  template: TemplateChoice | undefined;
  /** The parameters of the template. */
  parameters: WorkspaceParameter[];
  user: CoderUser;
  /** With that user's token. */
  chats: ChatClient;
  /** How long to search for a chat after its creation has timed out, in milliseconds. */
  patienceMs: number;
}

/**
 * Creates the workspace and then the chat of a piece of work. Coder allows two chats for the same work, so this searches
 * for an earlier attempt's chat before creating one, and again whenever the outcome is uncertain.
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
    // Servers that choose a title themselves ignore it.
    title: oneLine(`${work.reference}: ${displayName}`, limits.coder.chatTitle),
    ...(workspace && { workspace_id: workspace.id }),
  };
  const chat = await chats.create(body).catch(async (error: unknown) => {
    if (!(error instanceof TransientError)) throw error;
    const mayStillAppear = error.timedOut || error.answer?.status === 504;
    const made = await awaitChat(work, plan, mayStillAppear ? plan.patienceMs : 0);
    if (made) return made;
    throw error;
  });
  await verify(chat, plan);
  return chat;
}

/**
 * Finds the chat of a creation that got no answer. Coder may still be creating it, so the search is repeated for
 * `patienceMs`.
 */
async function awaitChat(
  work: WorkIdentity,
  { chats, user }: ChatPlan,
  patienceMs: number,
): Promise<Chat | undefined> {
  for (const end = Date.now() + patienceMs; ; await sleep(searchMs)) {
    const [made] = await chats.made(work, user, { archived: false });
    if (made || Date.now() >= end || !hasTimeFor(searchMs)) return made;
  }
}

/** Coder ignores fields that it does not know, so the chat may differ from the request. */
async function verify(chat: Chat, { organization, user, chats }: ChatPlan): Promise<void> {
  if (chat.owner_id === user.id && chat.organization_id === organization) return;
  await archive(chats, chat.id, (work) => work(chats));
  throw new ChatOwnerError(
    `Coder created the chat ${chat.id} for another user or in another organization than requested, so the relay has archived it. Check the Coder server's version and the token's user.`,
  );
}
