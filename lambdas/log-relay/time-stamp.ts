/** What GitHub's runner puts before a line, in bytes: `2026-03-04T05:06:07.1234567Z `. */
export const stampBytes = 29;

/** Whether the runner's time stamp stands at `at`. */
export const isStampAt = (bytes: Uint8Array, at: number): boolean =>
  bytes[at + 4] === 0x2d && bytes[at + 10] === 0x54 && bytes[at + stampBytes - 2] === 0x5a;
