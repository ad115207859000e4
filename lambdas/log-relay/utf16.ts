import { isStampAt, stampBytes } from "./time-stamp.js";

/** In longer lines of UTF-16 (bytes), characters are not distinguished from line ends. */
const longestBytes = 8 * 1024;

/**
 * Whether the byte of a line end at `at` is half of a UTF-16 character instead, as in 上 (U+4E0A) and 不 (U+4E0D).
 * `start` is where its line starts. `undefined` if more bytes are needed to decide.
 */
export function isHalfCharacter(bytes: Buffer, start: number, at: number): boolean | undefined {
  // Skip the second half of the previous newline.
  const first = bytes[start] === 0 ? start + 1 : start;
  const isStamped = isStampAt(bytes, first);
  if (!isStamped && !bytes.subarray(first, at).includes(0)) return false;
  const from = isStamped ? first + stampBytes : first;
  if (at < from) return false;
  for (let end = from; end - from < longestBytes; end++) {
    if (end + stampBytes >= bytes.length) return undefined;
    if (bytes[end] !== 0x0a) continue;
    const isNewline = (end - from) % 2 === 0 && bytes[end + 1] === 0;
    if (!isNewline && !isStampAt(bytes, end + 1)) continue;
    const line = bytes.subarray(from, end);
    const isReturn = (at - from) % 2 === 0 && bytes[at + 1] === 0;
    return at < end && !isReturn && (isNewline || line.includes(0)) && utf16(line) !== undefined;
  }
  return false;
}

/**
 * The text of a line that has NULs. `wsl`, PowerShell and others write UTF-16 into a log of UTF-8; this decodes such
 * pieces. Other NULs are dropped. The bytes up to `from` are the runner's own. Returns `undefined` if there are only
 * NULs, because these are the rest of a line end.
 */
export function textWithNuls(line: Buffer, from: number): string | undefined {
  // Skip the second half of the previous line's newline.
  const rest = line.subarray(line[from] === 0 ? from + 1 : from);
  const bare = Buffer.from(rest.filter((byte) => byte !== 0));
  if (from === 0 && bare.length === 0) return undefined;
  const stamp = line.toString("latin1", 0, from);
  const dropped = bare.toString();
  // Inside a line, the byte of a line end can only be half of a character.
  if (isText(dropped) && !/[\r\n]/.test(dropped)) return stamp + dropped;
  const first = rest.findIndex((byte) => !isPrintable(byte));
  for (const start of [0, first - 1, first]) {
    const text = start < 0 ? undefined : utf16(rest.subarray(start));
    if (text !== undefined) return stamp + rest.toString("latin1", 0, start) + text;
  }
  return stamp + dropped;
}

/** Decodes the bytes as UTF-16 if all NULs are upper halves and the result is text. */
function utf16(bytes: Buffer): string | undefined {
  const whole = bytes.subarray(0, bytes.length - (bytes.length % 2));
  const firstNul = whole.indexOf(0);
  const littleEndian = firstNul % 2 !== 0;
  const upperHalf = littleEndian ? 1 : 0;
  if (whole.some((byte, at) => byte === 0 && at % 2 !== upperHalf)) return undefined;
  const text = littleEndian ? whole.toString("utf16le") : Buffer.from(whole).swap16().toString("utf16le");
  return isText(text) ? text : undefined;
}

const isPrintable = (byte: number): boolean => byte === 9 || (byte >= 0x20 && byte < 0x7f);

/** Whether there are no control characters that terminals don't know, and no broken characters. */
function isText(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern has to match control characters
  return !/[\u0000-\u0006\u000e-\u001a\u001c-\u001f\ufffd]|\p{Surrogate}/u.test(text);
}
