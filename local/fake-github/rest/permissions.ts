/** Permissions of an App by GitHub's keys; `write` includes `read`. */
export type Permissions = Record<string, "read" | "write">;

/**
 * The permission that each route of the fake requires of an installation's token; any one of several is enough. Issues
 * and pull requests share the routes for comments and reactions.
 * https://docs.github.com/rest/authentication/permissions-required-for-github-apps
 */
const needs: Record<string, readonly string[]> = {
  "GET /repos/:owner/:repo": ["metadata: read"],
  "GET /repos/:owner/:repo/collaborators/:login/permission": ["metadata: read"],
  "GET /repos/:owner/:repo/assignees/:login": ["issues: read"],
  "GET /repos/:owner/:repo/actions/workflows/:id/runs": ["actions: read"],
  "GET /repos/:owner/:repo/actions/runs": ["actions: read"],
  "GET /repos/:owner/:repo/actions/runs/:id": ["actions: read"],
  "GET /repos/:owner/:repo/actions/runs/:id/jobs": ["actions: read"],
  "GET /repos/:owner/:repo/actions/runs/:id/attempts/:attempt/jobs": ["actions: read"],
  "GET /repos/:owner/:repo/actions/jobs/:id/logs": ["actions: read"],
  "GET /repos/:owner/:repo/check-runs/:id": ["checks: read"],
  "GET /repos/:owner/:repo/check-runs/:id/annotations": ["checks: read"],
  "GET /repos/:owner/:repo/commits/:ref/status": ["statuses: read"],
  "GET /repos/:owner/:repo/activity": ["contents: read"],
  "POST /repos/:owner/:repo/check-runs": ["checks: write"],
  "PATCH /repos/:owner/:repo/check-runs/:id": ["checks: write"],
  "GET /repos/:owner/:repo/commits/:ref/check-runs": ["checks: read"],
  "GET /repos/:owner/:repo/commits/:ref": ["contents: read"],
  "GET /repos/:owner/:repo/contents/*path": ["contents: read"],
  "GET /repos/:owner/:repo/issues": ["issues: read", "pull_requests: read"],
  "POST /repos/:owner/:repo/issues": ["issues: write"],
  "GET /repos/:owner/:repo/issues/:number": ["issues: read", "pull_requests: read"],
  "PATCH /repos/:owner/:repo/issues/:number": ["issues: write", "pull_requests: write"],
  "DELETE /repos/:owner/:repo/issues/:number/assignees": ["issues: write", "pull_requests: write"],
  "GET /repos/:owner/:repo/issues/:number/comments": ["issues: read", "pull_requests: read"],
  "POST /repos/:owner/:repo/issues/:number/comments": ["issues: write", "pull_requests: write"],
  "POST /repos/:owner/:repo/issues/:number/reactions": ["issues: write"],
  "GET /repos/:owner/:repo/issues/comments": ["issues: read", "pull_requests: read"],
  "GET /repos/:owner/:repo/issues/comments/:id": ["issues: read", "pull_requests: read"],
  "PATCH /repos/:owner/:repo/issues/comments/:id": ["issues: write", "pull_requests: write"],
  "DELETE /repos/:owner/:repo/issues/comments/:id": ["issues: write", "pull_requests: write"],
  "POST /repos/:owner/:repo/issues/comments/:id/reactions": ["issues: write"],
  "GET /repos/:owner/:repo/commits/:sha/pulls": ["pull_requests: read", "contents: read"],
  "GET /repos/:owner/:repo/pulls": ["pull_requests: read"],
  "GET /repos/:owner/:repo/pulls/:number": ["pull_requests: read"],
  "GET /repos/:owner/:repo/pulls/:number/files": ["pull_requests: read"],
  "POST /repos/:owner/:repo/pulls/:number/requested_reviewers": ["pull_requests: write"],
  "DELETE /repos/:owner/:repo/pulls/:number/requested_reviewers": ["pull_requests: write"],
  "GET /repos/:owner/:repo/pulls/:number/comments": ["pull_requests: read"],
  "GET /repos/:owner/:repo/pulls/:number/reviews/:id": ["pull_requests: read"],
  "GET /repos/:owner/:repo/pulls/:number/reviews/:id/comments": ["pull_requests: read"],
  "GET /repos/:owner/:repo/pulls/comments": ["pull_requests: read"],
  "GET /repos/:owner/:repo/pulls/comments/:id": ["pull_requests: read"],
  "POST /repos/:owner/:repo/pulls/comments/:id/reactions": ["pull_requests: write"],
  // Used for the issues that a pull request closes.
  "POST /graphql": ["pull_requests: read"],
  "GET /users/:login": [],
  "GET /user/:id": [],
  "GET /installation/repositories": [],
  "GET /rate_limit": [],
};

/** Routes that need no permission: the App's own, which require its JWT, and the log URLs, which require no token. */
const otherwiseSigned =
  /^\/(app|app-manifests|_logs)(\/|$)|^\/(?:repos\/:owner\/:repo|users\/:login)\/installation$/;

/** A route's permissions. Throws if the route has no row: a new route must declare what GitHub requires for it. */
export function needsOf(method: string, pattern: string): readonly string[] {
  if (otherwiseSigned.test(pattern)) return [];
  const found = needs[`${method} ${pattern}`];
  if (!found) {
    throw new Error(
      `The fake GitHub does not know which permission ${method} ${pattern} requires: add it to local/fake-github/rest/permissions.ts`,
    );
  }
  return found;
}

/** Whether the permissions include one of those that are enough. */
export function areEnough(permissions: Permissions, anyOf: readonly string[]): boolean {
  return (
    anyOf.length === 0 ||
    anyOf.some((need) => {
      const [name = "", level] = need.split(": ");
      return permissions[name] === "write" || permissions[name] === level;
    })
  );
}
