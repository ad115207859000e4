/** The length in UTF-8 bytes. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/** The beginning of a text, and the number of missing bytes. */
export interface Cut {
  text: string;
  missing: number;
}

/** The longest beginning of whole characters (code points) that has at most `max` UTF-8 bytes. */
export function cutToBytes(text: string, max: number): Cut {
  if (byteLength(text) <= max) return { text, missing: 0 };
  let bytes = 0;
  return cutWhere(text, (character) => {
    bytes += utf8Length(character);
    return bytes > max;
  });
}

/** The same as `byteLength` for a single character (code point), and much faster. */
export function utf8Length(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
}

/** The beginning of whole characters (code points) up to the first for which `isTooMuch` holds. */
export function cutWhere(text: string, isTooMuch: (character: string) => boolean): Cut {
  let end = 0;
  for (const character of text) {
    if (isTooMuch(character)) break;
    end += character.length;
  }
  return { text: text.slice(0, end), missing: byteLength(text.slice(end)) };
}
