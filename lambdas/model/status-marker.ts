/** The hidden marker that identifies the status comment, even if its id is lost. */
export const statusMarker = "<!-- coder-task-relay:status -->";
