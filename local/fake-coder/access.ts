import type { FakeUser } from "./users.js";

/** Whose rights the session token has. */
export type TokenRole = "owner" | "org-admin" | "member";

/**
 * What the token may do, by the roles in coderd/rbac/roles.go: an org-admin may create, read, pause and delete
 * what others own, but not connect to their workspaces' applications, which takes a site owner.
 */
export class Access {
  role: TokenRole = "owner";

  /** Takes the user the token belongs to. */
  constructor(readonly me: FakeUser) {}

  seesUser(user: FakeUser): boolean {
    return user === this.me || this.role !== "member";
  }

  managesWorkspacesOf(owner: FakeUser): boolean {
    return owner === this.me || this.role !== "member";
  }

  connectsToWorkspacesOf(owner: FakeUser): boolean {
    return owner === this.me || this.role === "owner";
  }
}
