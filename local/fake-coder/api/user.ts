/** A user's rights. A `service-account` is a member without the default permission to use chats. */
export type UserRole = "owner" | "org-admin" | "member" | "service-account";

export type UserStatus = "active" | "dormant" | "suspended";

export interface NewUser {
  username: string;
  /** The github.com id that the user logged in with or linked. */
  githubId?: number;
  /** Default: `active`. */
  status?: UserStatus;
  /** The full name. Default: empty. */
  name?: string;
  /** The organizations the user is a member of. Default: all. */
  organizations?: string[];
  /** Default: `member`. */
  role?: UserRole;
  /** The role `agents-access`: the user may own chats. Default: true, except for service accounts. */
  agentsAccess?: boolean;
}

export interface FakeUser extends NewUser {
  readonly id: string;
  readonly email: string;
  readonly createdAt: string;
  name: string;
  status: UserStatus;
  role: UserRole;
}
