import * as z from "zod/mini";
import { isRefusal, TaskBusyError } from "../model/errors.js";
import type { CoderClient } from "./client.js";

const workspaceSchema = z.object({
  id: z.string(),
  template_id: z.string(),
  created_at: z.string(),
  latest_build: z.object({ transition: z.optional(z.string()), status: z.optional(z.string()) }),
});
export type Workspace = z.output<typeof workspaceSchema>;

/** A parameter of a template, and what it is to be. */
export interface WorkspaceParameter {
  name: string;
  value: string;
}

/** A new workspace, from a version of a template. */
export interface NewWorkspace {
  name: string;
  template_version_id: string;
  template_version_preset_id?: string;
  rich_parameter_values?: WorkspaceParameter[];
}

/** The id of the new workspace. Throws Coder's 409 where the owner has one of that name. */
export async function createWorkspace(
  client: CoderClient,
  owner: string,
  workspace: NewWorkspace,
): Promise<string> {
  const path = `/api/v2/users/${encodeURIComponent(owner)}/workspaces`;
  return (await client.post(path, workspace, workspaceSchema)).id;
}

/** The workspace of this name, as long as it holds the name: while it is being deleted, too. */
export function workspaceNamed(
  client: CoderClient,
  owner: string,
  name: string,
): Promise<Workspace | undefined> {
  return get(client, `/api/v2/users/${encodeURIComponent(owner)}/workspace/${encodeURIComponent(name)}`);
}

export function workspaceById(client: CoderClient, id: string): Promise<Workspace | undefined> {
  return get(client, `/api/v2/workspaces/${encodeURIComponent(id)}`);
}

/** Lets a workspace be deleted. Throws a `TaskBusyError` while another build of it is active. */
export async function deleteWorkspace(client: CoderClient, id: string): Promise<void> {
  try {
    const path = `/api/v2/workspaces/${encodeURIComponent(id)}/builds`;
    await client.request("POST", path, { transition: "delete" });
  } catch (error) {
    if (isRefusal(error, 404, 410)) return;
    if (!isRefusal(error, 409)) throw error;
    // "A build is active", or "is deleted"; the active build may be the deletion that an earlier try asked for.
    const now = await workspaceById(client, id);
    if (now && !isBeingDeleted(now)) {
      throw new TaskBusyError(`A build of the workspace ${id} is active. It is retried.`);
    }
  }
}

/** Whether its newest build deletes it. One that has failed has to be asked for again. */
export function isBeingDeleted({ latest_build: { transition, status } }: Workspace): boolean {
  return transition === "delete" && status !== "failed" && status !== "canceled";
}

async function get(client: CoderClient, path: string): Promise<Workspace | undefined> {
  return client.get(path, workspaceSchema).catch((error: unknown) => {
    if (isRefusal(error, 404, 410)) return undefined;
    throw error;
  });
}
