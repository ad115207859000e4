import type { HttpRequest } from "../../http/http-server.js";

/**
 * The comments that match a request's `since`, `sort` and `direction`. They are those of a repository or of one issue; for
 * an issue, GitHub ignores the latter two. https://docs.github.com/rest/issues/comments
 */
export function updatedSince<Comment extends { createdAt: string; updatedAt: string }>(
  { query }: HttpRequest,
  comments: readonly Comment[],
): Comment[] {
  const since = query.get("since");
  const sort = query.get("sort");
  const shown = comments.filter(
    ({ updatedAt }) => since === null || Date.parse(updatedAt) >= Date.parse(since),
  );
  if (sort === null) return shown;
  const key = sort === "updated" ? "updatedAt" : "createdAt";
  const sorted = shown.toSorted((a, b) => Date.parse(a[key]) - Date.parse(b[key]));
  return query.get("direction") === "desc" ? sorted.reverse() : sorted;
}
