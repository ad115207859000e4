/**
 * The most of one message, in UTF-8 bytes. Coder names no limit, but what is behind it has one of about 1 MiB,
 * and a terminal echoes the whole.
 */
export const messageBytes = 128 * 1024;

/** The most of one input in a message, with all that is said about it, in UTF-8 bytes. */
export const sectionBytes = 64 * 1024;

/** The most of the text that an edit replaced, in UTF-8 bytes. */
export const beforeBytes = 1024;

/** How much of an edit's old text leads up to the place of the change, in characters. */
export const beforeLead = 160;

/** The longest line of instruction, in characters. */
export const instructionLength = 2000;

/** The longest names, in characters. Together they leave most of a section to its text. */
export const labelLength = {
  at: 40,
  branch: 255,
  conclusion: 40,
  job: 100,
  login: 100,
  path: 1000,
  repository: 200,
  reviewState: 40,
  sha: 64,
  url: 1000,
  workflow: 200,
};
