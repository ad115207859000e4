import type { Repository } from "../repositories/repository.js";
import { GitHubError } from "../rest/rest.js";

/** https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api#resource-not-accessible */
export const inaccessible = (anyOf: readonly string[]) =>
  new GitHubError(
    403,
    "Resource not accessible by integration",
    {},
    {
      "x-accepted-github-permissions": anyOf.map((need) => need.replace(": ", "=")).join("; "),
    },
  );

export const suspended = () => new GitHubError(403, "This installation has been suspended");

export function archived(path: string): GitHubError {
  const isComment = path.endsWith("/comments");
  const more = isComment ? " and unable to create comment because issue is locked" : "";
  return new GitHubError(403, `Repository was archived so is read-only${more}.`);
}

/** https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api */
export function blocked({ blocked: status, id }: Repository): GitHubError {
  const reason = status === 451 ? "dmca" : "tos";
  const block = { reason, created_at: "2026-01-01T00:00:00Z", html_url: `https://github.com/block/${id}` };
  return new GitHubError(status ?? 403, "Repository access blocked", { block });
}
