import type { FakeUser } from "./user.js";

/**
 * The rights of a token's user, according to the roles in coderd/rbac/roles.go. An org-admin may create, read, pause and
 * delete other users' resources, but only a site owner may connect to applications in their workspaces.
 */
export class Access {
  constructor(readonly me: FakeUser) {}

  get isSiteOwner(): boolean {
    return this.me.role === "owner";
  }

  /** Site owners and org-admins. */
  get isAdmin(): boolean {
    return this.isSiteOwner || this.me.role === "org-admin";
  }

  /** Whether the user may own chats. */
  get usesChats(): boolean {
    return this.isSiteOwner || (this.me.agentsAccess ?? this.me.role !== "service-account");
  }

  seesUser(user: FakeUser): boolean {
    return user === this.me || this.isAdmin;
  }

  managesWorkspacesOf(owner: FakeUser): boolean {
    return owner === this.me || this.isAdmin;
  }

  connectsToWorkspacesOf(owner: FakeUser): boolean {
    return owner === this.me || this.isSiteOwner;
  }

  /** Whether the caller may manage the user's tokens and other API keys, which act as that user. */
  managesKeysOf(user: FakeUser): boolean {
    return user === this.me || this.isSiteOwner;
  }
}
