import type { LogLine } from "./line-splitter.js";
import { beforeKey, continuesKey, isShort, keyFrame, keyLines, mayBeKey } from "./private-key.js";
import { withoutSecrets } from "./secret-patterns.js";

const redactedKey = "[redacted private key]";

/**
 * Takes secrets out of a log's lines. GitHub masks only the secrets that it knows, and only as they are written
 * there. A private key spans lines, and may lack its beginning or its end.
 */
export class Redactor {
  /** Lines of the key that have been left out; `undefined` outside of a key. */
  #inKey: number | undefined;
  /** Lines that are a private key's if its end follows. */
  readonly #held: LogLine[] = [];

  constructor(readonly next: (line: LogLine) => void) {}

  add(line: LogLine): void {
    const frames = framesIn(line.text);
    if (frames.length > 0) this.#framed(line, frames);
    else if (!this.#continuesKey(line)) this.#unframed(line);
    // What lies beyond is not shown, but a key could begin or end in it.
    if (line.beyond === 0) return;
    const last = framesIn(line.end).at(-1)?.[1];
    if (last) this.#inKey = last === "BEGIN" ? 0 : undefined;
  }

  end(): void {
    for (const line of this.#held.splice(0)) this.#pass(line);
  }

  #framed(line: LogLine, frames: RegExpExecArray[]): void {
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
    // Of a key's last line, quotes and commas are no loss.
    if (!startsInKey || !isShort(shown)) this.#pass({ ...line, text: shown });
  }

  /** What is left of the text before a key's end whose beginning is not in the log. */
  #endOfHeld(before: string): string {
    this.#held.length = 0;
    return beforeKey(before);
  }

  #continuesKey(line: LogLine): boolean {
    if (this.#inKey === undefined) return false;
    this.#inKey += 1;
    const continues = this.#inKey <= keyLines && continuesKey(line.text);
    if (!continues) this.#inKey = undefined;
    return continues;
  }

  #unframed(line: LogLine): void {
    if (mayBeKey(line.text) || (this.#held.length > 0 && isShort(line.text))) {
      this.#held.push(line);
      const oldest = this.#held.length > keyLines ? this.#held.shift() : undefined;
      if (oldest) this.#pass(oldest);
    } else {
      this.end();
      this.#pass(line);
    }
  }

  #pass(line: LogLine): void {
    this.next({ ...line, text: withoutSecrets(line.text) });
  }
}

const framesIn = (text: string): RegExpExecArray[] =>
  text.includes("----") ? [...text.matchAll(keyFrame)] : [];
