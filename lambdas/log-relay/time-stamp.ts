/** Bytes of the time stamp that GitHub's runner puts before a line: `2026-03-04T05:06:07.1234567Z `. */
export const stampBytes = 29;

/** Whether the runner's time stamp is at `at`, by three of its bytes. */
export const isStampAt = (bytes: Uint8Array, at: number): boolean =>
  bytes[at + 4] === 0x2d && bytes[at + 10] === 0x54 && bytes[at + stampBytes - 2] === 0x5a;

const example = Buffer.from("0000-00-00T00:00:00.0000000Z ");

/** Whether all bytes at `at` are those of a time stamp and the space after it. */
export function isWholeStampAt(bytes: Uint8Array, at: number): boolean {
  if (!isStampAt(bytes, at)) return false;
  for (let i = 0; i < stampBytes; i++) {
    const byte = bytes[at + i] as number;
    const expected = example[i] as number;
    if (expected === 0x30 ? byte < 0x30 || byte > 0x39 : byte !== expected) return false;
  }
  return true;
}
