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

/** A value for a template's parameter. */
export interface WorkspaceParameter {
  name: string;
  value: string;
}

/** A workspace to create from a version of a template. */
export interface NewWorkspace {
  name: string;
  template_version_id: string;
  template_version_preset_id?: string;
  rich_parameter_values?: WorkspaceParameter[];
}

/** Returns the id of the new workspace. Throws Coder's 409 if the owner already has one with that name. */
export async function createWorkspace(
  client: CoderClient,
  owner: string,
  workspace: NewWorkspace,
): Promise<string> {
  const path = `/api/v2/users/${encodeURIComponent(owner)}/workspaces`;
  return (await client.post(path, workspace, workspaceSchema)).id;
}

/** The workspace with this name. While a workspace is being deleted, it still holds its name. */
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

/** Requests the deletion of a workspace. Throws a `TaskBusyError` while another build of it is active. */
export async function deleteWorkspace(client: CoderClient, id: string): Promise<void> {
  try {
    const path = `/api/v2/workspaces/${encodeURIComponent(id)}/builds`;
    await client.request("POST", path, { transition: "delete" });
  } catch (error) {
    if (isRefusal(error, 404, 410)) return;
    if (!isRefusal(error, 409)) throw error;
    // 409 means "a build is active" or "is deleted". The active build may be the deletion that an earlier attempt
    // requested.
    const now = await workspaceById(client, id);
    if (now && !isBeingDeleted(now)) {
      throw new TaskBusyError(`A build of the workspace ${id} is active. It is retried.`);
    }
  }
}

/** Whether its newest build deletes it. A failed deletion has to be requested again. */
export function isBeingDeleted({ latest_build: { transition, status } }: Workspace): boolean {
  return transition === "delete" && status !== "failed" && status !== "canceled";
}

async function get(client: CoderClient, path: string): Promise<Workspace | undefined> {
  return client.get(path, workspaceSchema).catch((error: unknown) => {
    if (isRefusal(error, 404, 410)) return undefined;
    throw error;
  });
}
