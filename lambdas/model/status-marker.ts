/** The hidden mark by which the status comment is told from others, and found again where its id is lost. */
export const statusMarker = "<!-- coder-task-relay:status -->";
