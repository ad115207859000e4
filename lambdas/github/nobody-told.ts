/** The message of the log line that the stack's metric `NobodyTold` counts. */
export const nobodyTold = "GitHub did not let us say it";
