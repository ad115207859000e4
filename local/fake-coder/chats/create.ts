import type { HttpRequest } from "../../http/http-server.js";
import { Access } from "../api/access.js";
import {
  forbidden,
  jsonObject,
  notFound,
  Refusal,
  textField,
  uuidField,
  zeroUuid,
} from "../api/coder-api.js";
import type { FakeUser } from "../api/user.js";
import type { FakeOrganization, Organizations } from "../users/organizations.js";
import type { Users } from "../users/users.js";
import type { Workspaces } from "../workspaces/workspaces.js";
import { FakeChat } from "./chat.js";
import { inputParts } from "./content.js";
import { assertTitleFits } from "./edit.js";
import { assertEffort, assertMcpServers, assertModel, planModeField } from "./fields.js";
import { labelsField } from "./labels.js";
import { ChatTurns, type Rhythm } from "./turns.js";

const bodyLimit = 256 * 1024;

export interface ChatCreationParts {
  organizations: Organizations;
  users: Users;
  workspaces: Workspaces;
  rhythm: Rhythm;
  hasModel: boolean;
}

/** `POST /chats`: checks the request in coderd's order, then creates a chat that starts its first turn at once. */
export class ChatCreation {
  constructor(private readonly parts: ChatCreationParts) {}

  /** If the version or the path doesn't support `owner_id`, the field is silently dropped, as Go's decoder does. */
  create(request: HttpRequest, caller: Access, takesOwnerId: boolean): FakeChat {
    const body = this.#body(request);
    const organizationId = uuidField(body, "organization_id") ?? zeroUuid;
    if (organizationId === zeroUuid) throw new Refusal(400, "organization_id is required.");
    const ownerId = takesOwnerId ? uuidField(body, "owner_id") : undefined;
    const owner = this.#owner(ownerId, organizationId, caller);
    const organization = this.parts.organizations.find(organizationId);
    if (!organization) throw notFound();
    const content = inputParts(body);
    const workspaceId = uuidField(body, "workspace_id");
    if (workspaceId) this.#assertWorkspace(workspaceId, owner, organization);
    assertModel(body);
    if (!this.parts.hasModel) {
      throw new Refusal(
        400,
        "No chat model is available in this organization.",
        "Ask an organization administrator to configure and enable a chat model.",
      );
    }
    const planMode = planModeField(body) ?? "";
    assertMcpServers(body);
    const labels = labelsField(body) ?? {};
    const clientType = textField(body, "client_type") || "api";
    if (clientType !== "api" && clientType !== "ui") throw new Refusal(400, "Invalid client_type.");
    assertEffort(body);
    assertTitleFits(textField(body, "title") ?? "");
    return new FakeChat({
      owner,
      organization,
      labels,
      workspaceId,
      planMode,
      clientType,
      systemPrompt: textField(body, "system_prompt") ?? "",
      input: { content, by: caller.me.id },
      turns: new ChatTurns(this.parts.rhythm),
    });
  }

  #body(request: HttpRequest): Record<string, unknown> {
    if (request.raw.length > bodyLimit) {
      const detail = "http: request body too large";
      throw this.parts.rhythm.isLegacy()
        ? new Refusal(400, "Request body must be valid JSON.", detail)
        : new Refusal(413, "Request body too large.", detail);
    }
    return jsonObject(request);
  }

  #owner(id: string | undefined, organizationId: string, caller: Access): FakeUser {
    if (id === zeroUuid) throw new Refusal(400, "Invalid owner_id: must be a user ID or omitted.");
    const { users } = this.parts;
    const owner = id === undefined ? caller.me : users.byId(id);
    const isMember = (user: FakeUser) => users.isMember(user, organizationId);
    if (owner === caller.me) {
      if (!isMember(owner)) throw new Refusal(403, "You are not a member of the specified organization.");
      if (!caller.usesChats) throw forbidden();
      return owner;
    }
    // An org-admin may create chats for others, but not the API keys that their agents would need.
    if (!caller.isSiteOwner) throw forbidden();
    if (owner?.status !== "active" || !isMember(owner)) {
      throw new Refusal(400, "Chat owner must be an active member of the organization.");
    }
    if (!new Access(owner).usesChats) {
      throw new Refusal(400, "Chat owner does not have permission to use chats.");
    }
    return owner;
  }

  #assertWorkspace(id: string, owner: FakeUser, organization: FakeOrganization): void {
    const workspace = this.parts.workspaces.usableBy(id, owner);
    if (workspace.version.template.organization !== organization) {
      throw new Refusal(400, "Workspace does not belong to the specified organization.");
    }
  }
}
