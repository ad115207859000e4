/**
 * What the relay's GitHub App asks for: docs/github-app-setup.md says what each is for. Permissions by GitHub's keys;
 * `write` includes `read`.
 */
export const appPermissions: Readonly<Record<string, "read" | "write">> = {
  actions: "read",
  checks: "write",
  contents: "read",
  issues: "write",
  metadata: "read",
  pull_requests: "write",
  statuses: "read",
};
