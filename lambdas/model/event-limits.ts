/** How much of a payload an event holds, so that an execution's input stays far below Step Functions' 256 KiB. */

/**
 * UTF-8 bytes of a text, and of the text before an edit. JSON can double them, and both together stay below 200 KiB of
 * an execution's input.
 */
export const bodyBytes = 64 * 1024;
export const previousBodyBytes = 16 * 1024;

/** How many repositories an event names at most: 130 KiB of an execution's input. */
export const namedRepositories = 500;
