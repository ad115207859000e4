/**
 * Limits on the parts of a payload that an event holds. They keep an execution's input far below Step Functions' 256 KiB.
 */

/**
 * UTF-8 bytes of a text, and of its version before an edit. Even if JSON doubles their size, both take less than 200 KiB
 * of an execution's input.
 */
export const bodyBytes = 64 * 1024;
export const previousBodyBytes = 16 * 1024;

/** The most repositories that an event names. They take up to 130 KiB of an execution's input. */
export const namedRepositories = 500;
