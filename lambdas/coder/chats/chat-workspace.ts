import { isRefusal } from "../../model/errors.js";
import type { NameConflict, TaskSpecification } from "../port.js";
import type { TemplateChoice } from "../templates.js";
import {
  createWorkspace,
  isBeingDeleted,
  type Workspace,
  type WorkspaceParameter,
  workspaceById,
  workspaceNamed,
} from "../workspaces.js";
import type { ChatClient } from "./chat-client.js";

/** A requested workspace appears within this time or never. It also allows for clocks that differ. */
const appearsWithinMs = 15 * 60_000;

/**
 * The id of the workspace for a chat: the one in the record, otherwise a new one with the task's name. A workspace can't
 * carry a mark, so we need another way to recognize it if Coder's answer is lost. Coder keeps names unique for each
 * owner. Once we have seen that the name is free, we note the time of the request, and only a workspace that has appeared
 * since then can be the task's.
 */
export async function workspaceFor(
  specification: TaskSpecification,
  template: TemplateChoice,
  parameters: WorkspaceParameter[],
  chats: ChatClient,
): Promise<{ id: string } | NameConflict> {
  const { owner: username, name, workspaceId: noted, workspaceAskedAt: askedAt } = specification;
  const known = noted === undefined ? undefined : await workspaceById(chats.coder, noted);
  if (known && !isBeingDeleted(known)) return { id: known.id };
  const there = await workspaceNamed(chats.coder, username, name);
  if (there) return adopt(there, askedAt, template, chats);
  await specification.note({ workspaceAskedAt: Date.now() });
  try {
    const id = await createWorkspace(chats.coder, username, {
      name,
      template_version_id: template.versionId,
      ...(template.presetId !== undefined && { template_version_preset_id: template.presetId }),
      ...(parameters.length > 0 && { rich_parameter_values: parameters }),
    });
    return { id };
  } catch (error) {
    // Somebody else has just taken the name.
    if (isRefusal(error, 409)) return "taken";
    throw error;
  }
}

/** Takes a workspace with the task's name if the relay asked Coder for it and no chat works in it. */
async function adopt(
  found: Workspace,
  askedAt: number | undefined,
  template: TemplateChoice,
  chats: ChatClient,
): Promise<{ id: string } | NameConflict> {
  if (isBeingDeleted(found)) return "held";
  const isAnswer =
    askedAt !== undefined && Math.abs(Date.parse(found.created_at) - askedAt) < appearsWithinMs;
  if (!isAnswer || found.template_id !== template.templateId) return "taken";
  return (await chats.byWorkspace(found.id)) === undefined ? { id: found.id } : "taken";
}
