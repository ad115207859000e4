/**
 * The maximum size of a message, in UTF-8 bytes. Coder documents no limit, but the agent's API behind it has a limit of
 * about 1 MiB, and a terminal echoes the whole message.
 */
export const messageBytes = 128 * 1024;

/** The maximum size of one input's part of a message, in UTF-8 bytes. */
export const sectionBytes = 64 * 1024;

/** The maximum size of the quoted text that an edit replaced, in UTF-8 bytes. */
export const beforeBytes = 1024;

/** How many characters of the old text are quoted before the first change. */
export const beforeLead = 160;

/** The longest line of instruction, in characters. */
export const instructionLength = 2000;

/** The longest names, in characters. Together, they leave most of a section for its text. */
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
