import { isRefusal } from "../../errors.js";
import type { TemplateChoice } from "../directory.js";
import type { NameConflict, TaskSpecification } from "../port.js";
import {
  createWorkspace,
  isBeingDeleted,
  type WorkspaceParameter,
  workspaceById,
  workspaceNamed,
} from "../workspaces.js";
import type { ChatClient } from "./chat-client.js";

/** A workspace of this age that nobody works in may be that of an earlier try whose answer was lost. */
const lostForMs = 15 * 60_000;

/**
 * The id of the workspace that a chat is to be bound to: one that was noted before, else a new one of the task's
 * name. Coder gives a name only once for each owner: where it is given already, the workspace is the task's only
 * if it was made of the same template a moment ago, and no chat works in it.
 */
export async function workspaceFor(
  specification: TaskSpecification,
  template: TemplateChoice,
  parameters: WorkspaceParameter[],
  chats: ChatClient,
): Promise<{ id: string } | NameConflict> {
  const { owner: username, name, workspaceId: noted } = specification;
  const known = noted === undefined ? undefined : await workspaceById(chats.coder, noted);
  if (known && !isBeingDeleted(known)) return { id: known.id };
  try {
    const id = await createWorkspace(chats.coder, username, {
      name,
      template_version_id: template.versionId,
      ...(template.presetId !== undefined && { template_version_preset_id: template.presetId }),
      ...(parameters.length > 0 && { rich_parameter_values: parameters }),
    });
    return { id };
  } catch (error) {
    if (!isRefusal(error, 409)) throw error;
  }
  const found = await workspaceNamed(chats.coder, username, name);
  if (!found || isBeingDeleted(found)) return "held";
  const isOfNow = Date.now() - Date.parse(found.created_at) < lostForMs;
  const mayBeOurs = isOfNow && found.template_id === template.templateId;
  if (!mayBeOurs || (await chats.byWorkspace(found.id)) !== undefined) return "taken";
  return { id: found.id };
}
