/**
 * The permissions of the relay's GitHub App, by GitHub's keys; `write` includes `read`. docs/github-app-setup.md says
 * what each is for.
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
