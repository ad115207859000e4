/**
 * A line that has NULs, as text. `wsl`, PowerShell and others write UTF-16 into a log of UTF-8: such a piece becomes
 * text again. Elsewhere NULs are dropped. The bytes up to `from` are the runner's own. `undefined` for NULs alone:
 * they are the rest of a line end.
 */
export function textWithNuls(line: Buffer, from: number): string | undefined {
  // Of the line end before it, the second half of a newline.
  const rest = line.subarray(line[from] === 0 ? from + 1 : from);
  const bare = Buffer.from(rest.filter((byte) => byte !== 0));
  if (from === 0 && bare.length === 0) return undefined;
  const stamp = line.toString("latin1", 0, from);
  const dropped = bare.toString();
  if (isText(dropped)) return stamp + dropped;
  const first = rest.findIndex((byte) => !isPrintable(byte));
  for (const start of [0, first - 1, first]) {
    const text = start < 0 ? undefined : utf16(rest.subarray(start));
    if (text !== undefined) return stamp + rest.toString("latin1", 0, start) + text;
  }
  return stamp + dropped;
}

/** The bytes as UTF-16 if they can be that: the NULs are all upper halves, and what comes out is text. */
function utf16(bytes: Buffer): string | undefined {
  const whole = bytes.subarray(0, bytes.length - (bytes.length % 2));
  const firstNul = whole.indexOf(0);
  const littleEndian = firstNul % 2 === 1;
  const upperHalf = littleEndian ? 1 : 0;
  if (whole.some((byte, at) => byte === 0 && at % 2 !== upperHalf)) return undefined;
  const text = littleEndian ? whole.toString("utf16le") : Buffer.from(whole).swap16().toString("utf16le");
  return isText(text) ? text : undefined;
}

const isPrintable = (byte: number): boolean => byte === 9 || (byte >= 0x20 && byte < 0x7f);

/** Without the control characters that no terminal knows, and without halves and remains of characters. */
function isText(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return !/[\u0000-\u0006\u000e-\u001a\u001c-\u001f\ufffd]|\p{Surrogate}/u.test(text);
}
