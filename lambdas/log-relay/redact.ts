import { byteLength } from "../text/bytes.js";
import type { WindowLine } from "./log-window.js";
import { withoutValueOf } from "./named-secrets.js";
import { beforeKey, continuesKey, isShort, keyFrame, keyLines, mayBeKey } from "./private-key.js";
import { withoutSecrets } from "./secret-patterns.js";

const redactedKey = "[redacted private key]";

/** Characters of the longest secret that could become unrecognizable when a line of more than 32 KB is cut. */
const cutSecret = 2048;

/**
 * Redacts the secrets in a log's lines. GitHub masks only the secrets that it knows, and only as they are stored there. A
 * private key spans lines, and its beginning or its end may be missing.
 */
export class Redactor {
  /** Lines of the key that have been left out; `undefined` outside of a key. */
  #inKey: number | undefined;
  /** The line before, which may be the name of a secret. */
  #before = "";
  /** Lines that belong to a private key if the key's end follows. */
  readonly #held: WindowLine[] = [];

  constructor(readonly next: (line: WindowLine) => void) {}

  add(line: WindowLine): void {
    const frames = framesIn(line.text);
    if (frames.length > 0) this.#framed(line, frames);
    else if (!this.#continuesKey(line)) this.#unframed(line);
    // A key could begin or end in the missing part of a line. Only the end of the line can show this.
    if (line.missing === 0) return;
    const last = framesIn(line.end).at(-1)?.[1];
    if (last) this.#inKey = last === "BEGIN" ? 0 : undefined;
  }

  /** Whether the next line may belong to a key whose end was not found yet. */
  needsNext(): boolean {
    return this.#inKey !== undefined || this.#held.length > 0;
  }

  end(): void {
    for (const line of this.#held.splice(0)) this.#pass(line);
  }

  #framed(line: WindowLine, frames: RegExpExecArray[]): void {
    const startsInKey = this.#inKey !== undefined;
    let inKey = startsInKey;
    let shown = "";
    let from = 0;
    for (const frame of frames) {
      const before = line.text.slice(from, frame.index);
      from = frame.index + frame[0].length;
      if (frame[1] === "BEGIN") {
        if (!inKey) shown += `${before}${redactedKey}`;
        inKey = true;
      } else {
        if (!inKey) shown += `${this.#endOfHeld(before)}${redactedKey}`;
        inKey = false;
      }
    }
    this.end();
    this.#inKey = inKey ? 0 : undefined;
    if (!inKey) shown += line.text.slice(from);
    // Quotes and commas after a key's last line can be dropped.
    if (!startsInKey || !isShort(shown)) this.#pass({ ...line, text: shown });
  }

  /** The text before the end of a key whose beginning is not in the log, without the key. */
  #endOfHeld(before: string): string {
    this.#held.length = 0;
    return beforeKey(before);
  }

  #continuesKey(line: WindowLine): boolean {
    if (this.#inKey === undefined) return false;
    this.#inKey += 1;
    const continues = this.#inKey <= keyLines && continuesKey(line.text);
    if (!continues) this.#inKey = undefined;
    return continues;
  }

  #unframed(line: WindowLine): void {
    if (mayBeKey(line.text) || (this.#held.length > 0 && isShort(line.text))) {
      this.#held.push(line);
      const oldest = this.#held.length > keyLines ? this.#held.shift() : undefined;
      if (oldest) this.#pass(oldest);
    } else {
      this.end();
      this.#pass(line);
    }
  }

  #pass(line: WindowLine): void {
    const before = this.#before;
    this.#before = line.text;
    if (line.missing === 0) {
      this.next({ ...line, text: withoutValueOf(before, withoutSecrets(line.text)) });
      return;
    }
    // The cut in the line may have split a secret.
    const text = line.text.slice(0, -cutSecret);
    const end = line.end.slice(cutSecret);
    const missing =
      line.missing + byteLength(line.text) + byteLength(line.end) - byteLength(text) - byteLength(end);
    this.next({ ...line, text: withoutSecrets(text), missing, end: this.#withoutKey(withoutSecrets(end)) });
  }

  /** The end of a long line, if no part of a key can be in it. */
  #withoutKey(end: string): string {
    return this.#inKey !== undefined || framesIn(end).length > 0 ? redactedKey : end;
  }
}

const framesIn = (text: string): RegExpExecArray[] =>
  text.includes("----") ? [...text.matchAll(keyFrame)] : [];
