import type * as z from "zod/mini";
import type { Comment } from "../model/event.js";
import type { reviewCommentSchema } from "./payloads.js";

type ReviewComment = z.output<typeof reviewCommentSchema>["comment"];
type Location = Pick<Comment, "path" | "line" | "startLine" | "side" | "startSide" | "isOutdated" | "commit">;

/**
 * The file and the lines that a review comment is about. The lines are those of the newest diff or, if they are no longer in
 * it, those of the commit that the comment was made on.
 */
export function locationOf(comment: ReviewComment): Location {
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
