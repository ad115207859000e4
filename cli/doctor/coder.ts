import { z } from "zod";
import type { Settings } from "../../infra/definition/settings.js";
import type { CoderClient } from "../../lambdas/coder/client.js";
import { isRefusal } from "../../lambdas/model/errors.js";
import { chatOwnerFaults } from "./chat-owner.js";
import { backendOf, connect } from "./coder-deployment.js";
import { type Check, type CheckGroup, fault, faultsOr, ok, type Result } from "./finding.js";
import { templates } from "./templates.js";

const buildSchema = z.object({ version: z.string() });
const userSchema = z.object({
  id: z.string(),
  username: z.string(),
  organization_ids: z.array(z.string()).nullish(),
  status: z.string().default("active"),
  roles: z.array(z.object({ name: z.string() })).nullish(),
});
type User = z.output<typeof userSchema>;

const reachable: Check = {
  name: "Coder",
  async run(deployment) {
    const { client } = await connect(deployment);
    try {
      const { version } = await client.get("/api/v2/buildinfo", buildSchema);
      const { username } = await client.get("/api/v2/users/me", userSchema);
      return [ok(`${client.url}, version ${version}, as ${username}`)];
    } catch (error) {
      if (!isRefusal(error, 401)) throw error;
      return [
        fault(
          "Coder rejects the token: it has expired or was deleted",
          "Create a new token of the same user, and put it into the secret (docs/deploy.md).",
        ),
      ];
    }
  },
};

const backend: Check = {
  name: "Coder API",
  async run(deployment) {
    const { client, settings } = await connect(deployment);
    const api = await backendOf(client, settings);
    const user = await client.get("/api/v2/users/me", userSchema);
    const { username, roles } = user;
    const isOwner = (roles ?? []).some(({ name }) => name === "owner");
    const { CODER_SERVICE_USER: service = username } = settings;
    const actsForOthers =
      api === "tasks" ||
      settings.CODER_CHAT_IDENTITY === "requester" ||
      service.toLowerCase() !== username.toLowerCase();
    if (actsForOthers && !isOwner) {
      return [
        fault(
          `the token's user ${username} is not a site Owner and can't act for other people`,
          "Put a site Owner's token (docs/deploy.md, Whose Coder token), or use Chats with CODER_CHAT_IDENTITY=bot and no service user other than the token's.",
        ),
      ];
    }
    const ownsChats = api === "chats" && settings.CODER_CHAT_IDENTITY === "bot";
    const faults = ownsChats ? await chatOwnerFaults(client, settings, user) : [];
    return faultsOr(faults, `new tasks use ${api}; the token's user ${username} has the rights`);
  },
};

const users: Check = {
  name: "Coder users",
  async run(deployment) {
    const { client, settings } = await connect(deployment);
    const pairs = (settings.CODER_USER_MAP ?? "").split(",").filter((pair) => pair !== "");
    const mapped = pairs.map(async (pair) => {
      const [login = "", name = ""] = pair.split("=");
      return faultsOfUser(`CODER_USER_MAP gives ${login} the Coder user ${name}`, await find(client, name));
    });
    const faults = [...(await Promise.all(mapped)), await serviceUserFaults(client, settings)].flat();
    const service = settings.CODER_SERVICE_USER ?? "none, so work without a person is refused";
    return faultsOr(faults, `${pairs.length} mapped; the service user is ${service}`);
  },
};

async function serviceUserFaults(
  client: CoderClient,
  { CODER_SERVICE_USER: name }: Settings,
): Promise<Result[]> {
  if (name === undefined) return [];
  const user = await find(client, name);
  const faults = faultsOfUser(`CODER_SERVICE_USER is ${name}`, user);
  if (!user?.roles?.some((role) => role.name === "owner")) return faults;
  const remedy = "Use a separate account that is not a site Owner (docs/deploy.md, Whose Coder token).";
  return [...faults, fault(`CODER_SERVICE_USER is ${name}, a site Owner`, remedy)];
}

function faultsOfUser(what: string, user: User | undefined): Result[] {
  const remedy = "Correct the setting and deploy again, or create or activate the user in Coder.";
  if (!user) return [fault(`${what}, who doesn't exist or isn't visible to the token`, remedy)];
  return user.status === "active" ? [] : [fault(`${what}, who is ${user.status}`, remedy)];
}

async function find(client: CoderClient, name: string): Promise<User | undefined> {
  try {
    return await client.get(`/api/v2/users/${encodeURIComponent(name)}`, userSchema);
  } catch (error) {
    if (isRefusal(error, 400, 404)) return undefined;
    throw error;
  }
}

export const coderChecks: CheckGroup = { gate: reachable, checks: [backend, templates, users] };
