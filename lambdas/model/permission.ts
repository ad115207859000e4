/** Permissions on a repository, the least first, by the names of GitHub's API. */
const permissions = ["none", "read", "triage", "write", "maintain", "admin"] as const;
export type Permission = (typeof permissions)[number];

/** Who may speak to the agent, as a team can set it: the least permission, or anybody. */
export const commentPermissions = ["write", "triage", "read", "any"] as const;

/** Whether a permission, as GitHub names it, is enough. One that is not known here counts as none. */
export function isEnough(permission: string, least: Permission): boolean {
  return permissionsFrom(least).some((name) => name === permission);
}

/** `write` → `write`, `maintain`, `admin`. */
export function permissionsFrom(least: Permission): readonly Permission[] {
  return permissions.slice(permissions.indexOf(least));
}
