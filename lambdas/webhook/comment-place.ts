import type * as z from "zod/mini";
import type { Comment } from "../model/event.js";
import type { reviewCommentSchema } from "./payloads.js";

type ReviewComment = z.output<typeof reviewCommentSchema>["comment"];
type Place = Pick<Comment, "path" | "line" | "startLine" | "side" | "startSide" | "isOutdated" | "commit">;

/**
 * Where a review comment stands: on lines of the newest diff, or, once these have left it, on the lines of the commit
 * that it was made on.
 */
export function placeOf(comment: ReviewComment): Place {
  const { path, side, start_side: startSide, original_commit_id: commit } = comment;
  const isOutdated = comment.line == null;
  const line = isOutdated ? comment.original_line : comment.line;
  const startLine = isOutdated ? comment.original_start_line : comment.start_line;
  if (comment.subject_type === "file" || line == null) return { path };
  return {
    path,
    line,
    ...(startLine != null && { startLine }),
    ...(side != null && { side }),
    ...(startLine != null && startSide != null && { startSide }),
    ...(isOutdated && { isOutdated, ...(commit && { commit: commit.slice(0, 64) }) }),
  };
}
