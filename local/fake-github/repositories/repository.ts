import { Buffer } from "node:buffer";
import type { Json } from "../rest/rest.js";

export type Role = "admin" | "maintain" | "write" | "triage" | "read";

export interface User {
  login: string;
  id: number;
  type: "User" | "Bot" | "Organization";
}

export interface Repository {
  id: number;
  owner: User;
  name: string;
  /** The address of GitHub's pages: `https://github.com`. */
  pages: string;
  private: boolean;
  defaultBranch: string;
  hasIssues: boolean;
  /** An archived repository is read-only. */
  archived: boolean;
  /** The status with which GitHub blocks the repository: 451 for legal reasons, 403 for others. */
  blocked: 403 | 451 | null;
  /** The App's installation that covers it; `null` if the App is not installed. */
  installationId: number | null;
  /** By login in lower case. */
  permissions: Map<string, Role>;
  /** The repository that this one is a fork of. */
  forkOf?: Repository;
}

export interface NewUser {
  login: string;
  id?: number;
  type?: User["type"];
}

export interface NewRepository {
  owner: string;
  name: string;
  id?: number;
  private?: boolean;
  permissions?: Record<string, Role>;
  defaultBranch?: string;
  installationId?: number | null;
  forkOf?: RepositoryRef;
}

/** A repository or its full name, `owner/name`. */
export type RepositoryRef = Repository | string;

export const fullName = (repository: Repository): string => `${repository.owner.login}/${repository.name}`;

export const htmlUrl = (repository: Repository): string => `${repository.pages}/${fullName(repository)}`;

export const nodeId = (type: string, id: number): string =>
  Buffer.from(`0${type.length}:${type}${id}`).toString("base64");

/**
 * The old field with four values: `maintain` appears as `write`, `triage` as `read`.
 * https://docs.github.com/rest/collaborators/collaborators#get-repository-permissions-for-a-user
 */
export function permission(role: Role | "none"): Json {
  const coarse = role === "maintain" ? "write" : role === "triage" ? "read" : role;
  return { permission: coarse, role_name: role };
}
