import type { HttpReply, HttpRequest } from "../../http/http-server.js";
import type { Access } from "../api/access.js";
import { jsonObject, Refusal, type Validation } from "../api/coder-api.js";
import type { Users } from "../users/users.js";
import type { FakeChat } from "./chat.js";

/** `/chats/{id}/acl`: who else may read a chat. Groups are not supported. */
export class ChatSharing {
  constructor(
    private readonly users: Users,
    private readonly enabled: boolean,
  ) {}

  assertEnabled(): void {
    if (!this.enabled) throw new Refusal(403, "Chat sharing is disabled for this deployment.");
  }

  read(chat: FakeChat): HttpReply {
    const users = [...chat.viewers].flatMap((id) => this.users.byId(id) ?? []);
    return {
      status: 200,
      body: {
        users: users.map(({ id, username, name }) => ({ id, username, name, avatar_url: "", role: "read" })),
        groups: [],
      },
    };
  }

  /** An empty role revokes a user's right. Users who are not listed keep theirs. */
  update(chat: FakeChat, request: HttpRequest, caller: Access): HttpReply {
    const body = jsonObject(request);
    const roles = Object.entries(body.user_roles ?? {}).map(([id, role]) => ({
      id: id.toLowerCase(),
      role,
    }));
    if (roles.some(({ id }) => id === caller.me.id)) {
      throw new Refusal(400, "Cannot change your own chat sharing role.");
    }
    const validations: Validation[] = [
      ...roles
        .filter(({ id }) => !this.users.byId(id))
        .map(({ id }) => ({ field: "user_roles", detail: `user with ID ${id} does not exist` })),
      ...roles
        .filter(({ role }) => role !== "read" && role !== "")
        .map(({ role }) => ({ field: "user_roles", detail: `role "${role}" is not a valid chat role` })),
      ...Object.keys(body.group_roles ?? {}).map((id) => ({
        field: "group_roles",
        detail: `group with ID ${id} does not exist`,
      })),
    ];
    if (validations.length > 0) {
      throw new Refusal(400, "Invalid request to update chat ACL.", undefined, validations);
    }
    for (const { id, role } of roles) {
      if (role === "read") chat.viewers.add(id);
      else chat.viewers.delete(id);
    }
    return { status: 204 };
  }
}
