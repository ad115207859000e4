import type { Access } from "../api/access.js";
import { type CoderApi, jsonObject, Refusal } from "../api/coder-api.js";
import type { Users } from "./users.js";

/** `POST /authcheck`: what the caller may do. It knows one right, that of creating a chat. */
export class Authorization {
  constructor(private readonly users: Users) {}

  routes(api: CoderApi): void {
    api.route("POST", "/api/v2/authcheck", (request, caller) => {
      const { checks } = jsonObject(request) as { checks?: Record<string, Check> };
      const answers = Object.entries(checks ?? {}).map(([key, check]) => [
        key,
        this.#allows(key, check, caller),
      ]);
      return { status: 200, body: Object.fromEntries(answers) };
    });
  }

  #allows(key: string, { object, action }: Check, caller: Access): boolean {
    if (!object.resource_type) {
      throw new Refusal(400, `Object's "resource_type" field must be defined for key "${key}".`);
    }
    if (object.resource_type !== "chat" || action !== "create") {
      throw new Refusal(400, `The fake Coder can't check "${action}" for "${object.resource_type}".`);
    }
    if (caller.isSiteOwner) return true;
    const isMember = this.users.isMember(caller.me, object.organization_id ?? "");
    return isMember && object.owner_id === caller.me.id && caller.usesChats;
  }
}

/** codersdk.AuthorizationCheck. */
interface Check {
  object: { resource_type?: string; owner_id?: string; organization_id?: string };
  action: string;
}
