/** The hidden marker by which the status comment is recognised, and found again if its id is lost. */
export const statusMarker = "<!-- coder-task-relay:status -->";
