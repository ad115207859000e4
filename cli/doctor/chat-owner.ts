import { z } from "zod";
import type { Settings } from "../../infra/definition/settings.js";
import type { CoderClient } from "../../lambdas/coder/client.js";
import { CoderTemplates } from "../../lambdas/coder/templates.js";
import { ConfigurationError, isRefusal } from "../../lambdas/model/errors.js";
import { fault, type Result, unknown } from "./finding.js";

/** The token's user, as Coder shows it. */
interface Owner {
  id: string;
  username: string;
  organization_ids?: string[] | null | undefined;
}

const answerSchema = z.object({ mayCreate: z.boolean() });

/**
 * What keeps the token's user from owning chats. Which roles allow it depends on Coder's version (the role "Coder Agents
 * User", by default or not; any membership; a site Owner), so Coder itself is asked for the right.
 */
export async function chatOwnerFaults(
  client: CoderClient,
  settings: Settings,
  { id, username, organization_ids: memberships }: Owner,
): Promise<Result[]> {
  const organization = await new CoderTemplates(client, settings).organizationId().catch((error: unknown) => {
    // The check of the templates reports that there is no such organization.
    if (error instanceof ConfigurationError) return undefined;
    throw error;
  });
  if (organization === undefined) return [];
  const place = `the organization of CODER_ORGANIZATION (${settings.CODER_ORGANIZATION})`;
  if (memberships && !memberships.includes(organization)) {
    return [
      fault(
        `the token's user ${username}, who is to own the chats, is not a member of ${place}`,
        "Add the user to the organization in Coder.",
      ),
    ];
  }
  const mayOwn = await mayCreateChats(client, id, organization);
  if (mayOwn === undefined) return [unknown(`Coder doesn't say whether ${username} may own chats`)];
  if (mayOwn) return [];
  return [
    fault(
      `the token's user ${username}, who is to own the chats, may not create chats in ${place}`,
      'Give the user the role "Coder Agents User" (agents-access) there; a service account doesn\'t get it by default.',
    ),
  ];
}

/** `undefined` if this version of Coder can't answer that. */
async function mayCreateChats(
  client: CoderClient,
  owner: string,
  organization: string,
): Promise<boolean | undefined> {
  const object = { resource_type: "chat", owner_id: owner, organization_id: organization };
  try {
    const checks = { mayCreate: { object, action: "create" } };
    return (await client.post("/api/v2/authcheck", { checks }, answerSchema)).mayCreate;
  } catch (error) {
    if (isRefusal(error, 400, 404)) return undefined;
    throw error;
  }
}
