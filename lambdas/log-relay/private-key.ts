/** The first and last lines of private keys in PEM, OpenSSH, PGP and SSH2. The first group distinguishes them. */
export const keyFrame = /-{4,5} ?(BEGIN|END) (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)? ?-{4,5}/g;

/** The beginning of a private key, anywhere in a text. */
export const keyBegin = /-{4,5} ?BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY/;

/** More lines than any private key has: one of 16,384 bits has 200. */
export const keyLines = 250;

const header = /^\W*(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|Subject): /;
const longRun = /[A-Za-z0-9+/]{40}/;

/** Whether a line can belong to the key that began before it, even if quoted, numbered, indented or prefixed. */
export function continuesKey(text: string): boolean {
  return longRun.test(text) || isShort(text) || header.test(text);
}

/** Whether a line can belong to a key whose beginning is not in the log. */
export function mayBeKey(text: string): boolean {
  return longRun.test(text) && wordsOf(text).length <= 2;
}

/** A key's last line, an empty line, or a placeholder for the rest of a key. */
export function isShort(text: string): boolean {
  return !text.includes(":") && wordsOf(text).length <= 1;
}

/** Words, except line numbers and escaped line ends. */
function wordsOf(text: string): string[] {
  return text.split(/[\s"'`|>,;\\]+/).filter((word) => word !== "" && !/^(?:\d{1,4}\.?|[nr]|\+)$/.test(word));
}

/** `text` without the part of a key at its end. */
export function beforeKey(text: string): string {
  let left = text;
  for (let last = true; ; last = false) {
    const word = wordAtEnd(left);
    // Cut only base64, and further words only if they are as long as a key's lines.
    if (word === "" || !(last || longRun.test(word))) return left;
    left = left.slice(0, left.length - word.length);
  }
}

/** The base64 at the end of `text`, including escaped line ends and white space after it. */
function wordAtEnd(text: string): string {
  let start = text.trimEnd().length;
  while (start > 0 && /[A-Za-z0-9+/=\\]/.test(text.charAt(start - 1))) start -= 1;
  return text.slice(start);
}
