/** The message of the log line that the stack's metric `RefusedPosts` counts. */
export const refusedPost = "GitHub did not let us say it";
