/** Permissions on a repository, lowest first, under the names of GitHub's API. */
const permissions = ["none", "read", "triage", "write", "maintain", "admin"] as const;
export type Permission = (typeof permissions)[number];

/** The settings for who may speak to the agent: a minimum permission, or anybody. */
export const commentPermissions = ["write", "triage", "read", "any"] as const;

/** Whether a permission, under GitHub's name, is enough. An unknown one counts as none. */
export function isEnough(permission: string, least: Permission): boolean {
  return permissionsFrom(least).some((name) => name === permission);
}

/** `write` → `write`, `maintain`, `admin`. */
export function permissionsFrom(least: Permission): readonly Permission[] {
  return permissions.slice(permissions.indexOf(least));
}
