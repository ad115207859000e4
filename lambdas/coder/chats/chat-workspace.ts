import { isRefusal } from "../../model/errors.js";
import type { TemplateChoice } from "../directory.js";
import type { NameConflict, TaskSpecification } from "../port.js";
import {
  createWorkspace,
  isBeingDeleted,
  type Workspace,
  type WorkspaceParameter,
  workspaceById,
  workspaceNamed,
} from "../workspaces.js";
import type { ChatClient } from "./chat-client.js";

/** A workspace that Coder was asked for appears within this time, or never; clocks may differ as much. */
const appearsWithinMs = 15 * 60_000;

/**
 * The id of the workspace that a chat is to be bound to: one that was noted before, else a new one of the task's
 * name. Coder gives a name only once for each owner, and a workspace can carry no mark. So it is noted that Coder is
 * about to be asked for one, once the name was seen to be free: only a workspace that has appeared since may be the
 * task's, whose answer was lost.
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
  if (there) return adopted(there, askedAt, template, chats);
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
    // Somebody has taken it at this moment, and not we.
    if (isRefusal(error, 409)) return "taken";
    throw error;
  }
}

/** A workspace of the task's name, if Coder was asked for it, and nobody works in it. */
async function adopted(
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
