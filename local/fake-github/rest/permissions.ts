/** Permissions of an App by GitHub's keys; `write` has `read` in it. */
export type Permissions = Record<string, "read" | "write">;

/** What the relay's App asks for: docs/github-app-setup.md says the same to those who make it. */
export const appPermissions: Readonly<Permissions> = {
  actions: "read",
  checks: "write",
  contents: "read",
  issues: "write",
  metadata: "read",
  pull_requests: "write",
};

/**
 * The permission that each route of the fake takes from an installation's token; any one of several is enough. Issues
 * and pull requests have their comments and reactions in common.
 * https://docs.github.com/rest/authentication/permissions-required-for-github-apps
 */
const needs: Record<string, readonly string[]> = {
  "GET /repos/:owner/:repo": ["metadata: read"],
  "GET /repos/:owner/:repo/collaborators/:login/permission": ["metadata: read"],
  "GET /repos/:owner/:repo/actions/workflows/:id/runs": ["actions: read"],
  "GET /repos/:owner/:repo/actions/runs/:id": ["actions: read"],
  "GET /repos/:owner/:repo/actions/runs/:id/jobs": ["actions: read"],
  "GET /repos/:owner/:repo/actions/runs/:id/attempts/:attempt/jobs": ["actions: read"],
  "GET /repos/:owner/:repo/actions/jobs/:id/logs": ["actions: read"],
  "GET /repos/:owner/:repo/check-runs/:id": ["checks: read"],
  "POST /repos/:owner/:repo/check-runs": ["checks: write"],
  "PATCH /repos/:owner/:repo/check-runs/:id": ["checks: write"],
  "GET /repos/:owner/:repo/commits/:ref/check-runs": ["checks: read"],
  "GET /repos/:owner/:repo/commits/:ref": ["contents: read"],
  "GET /repos/:owner/:repo/contents/*path": ["contents: read"],
  "GET /repos/:owner/:repo/issues": ["issues: read", "pull_requests: read"],
  "POST /repos/:owner/:repo/issues": ["issues: write"],
  "GET /repos/:owner/:repo/issues/:number": ["issues: read", "pull_requests: read"],
  "PATCH /repos/:owner/:repo/issues/:number": ["issues: write", "pull_requests: write"],
  "GET /repos/:owner/:repo/issues/:number/comments": ["issues: read", "pull_requests: read"],
  "POST /repos/:owner/:repo/issues/:number/comments": ["issues: write", "pull_requests: write"],
  "POST /repos/:owner/:repo/issues/:number/reactions": ["issues: write"],
  "GET /repos/:owner/:repo/issues/comments/:id": ["issues: read", "pull_requests: read"],
  "PATCH /repos/:owner/:repo/issues/comments/:id": ["issues: write", "pull_requests: write"],
  "DELETE /repos/:owner/:repo/issues/comments/:id": ["issues: write", "pull_requests: write"],
  "POST /repos/:owner/:repo/issues/comments/:id/reactions": ["issues: write"],
  "GET /repos/:owner/:repo/commits/:sha/pulls": ["pull_requests: read", "contents: read"],
  "GET /repos/:owner/:repo/pulls": ["pull_requests: read"],
  "GET /repos/:owner/:repo/pulls/:number": ["pull_requests: read"],
  "GET /repos/:owner/:repo/pulls/:number/files": ["pull_requests: read"],
  "GET /repos/:owner/:repo/pulls/:number/comments": ["pull_requests: read"],
  "GET /repos/:owner/:repo/pulls/:number/reviews": ["pull_requests: read"],
  "GET /repos/:owner/:repo/pulls/:number/reviews/:id": ["pull_requests: read"],
  "GET /repos/:owner/:repo/pulls/:number/reviews/:id/comments": ["pull_requests: read"],
  "GET /repos/:owner/:repo/pulls/comments/:id": ["pull_requests: read"],
  "POST /repos/:owner/:repo/pulls/comments/:id/reactions": ["pull_requests: write"],
  // Asked for the issues that a pull request closes.
  "POST /graphql": ["pull_requests: read"],
  "GET /users/:login": [],
  "GET /user/:id": [],
  "GET /installation/repositories": [],
};

/** Routes that the App itself asks, with its JWT, and the addresses of logs, which need nobody to sign in. */
const otherwiseSigned = /^\/(app|_logs)(\/|$)|^\/(?:repos\/:owner\/:repo|users\/:login)\/installation$/;

/** What a route takes. Throws for one without a row: whoever adds a route says what GitHub wants for it. */
export function needsOf(method: string, pattern: string): readonly string[] {
  if (otherwiseSigned.test(pattern)) return [];
  const found = needs[`${method} ${pattern}`];
  if (!found) {
    throw new Error(
      `The fake GitHub does not know which permission ${method} ${pattern} takes: add it to local/fake-github/rest/permissions.ts`,
    );
  }
  return found;
}

/** Whether the permissions have one of those that are enough. */
export function areEnough(permissions: Permissions, anyOf: readonly string[]): boolean {
  return (
    anyOf.length === 0 ||
    anyOf.some((need) => {
      const [name = "", level] = need.split(": ");
      return permissions[name] === "write" || permissions[name] === level;
    })
  );
}
