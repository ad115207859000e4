import { byteLength } from "../text/bytes.js";
import { plainText } from "./plain-text.js";

/** One line of a log, as plain text. */
export interface LogLine {
  /** The line, or the beginning of one that is too long to hold. */
  text: string;
  /** Bytes of the line that `text` does not hold. */
  beyond: number;
  /** The last characters of a line that `text` does not hold whole. */
  end: string;
}

/** Characters of a line that are looked at. Far more than are shown, so that no secret is cut before it is found. */
const lookedAt = 8192;
const endLength = 128;

/**
 * Bytes that are decoded at once. Node keeps the whole decoded piece alive as long as any line of it is kept,
 * so this bounds what a kept line costs.
 */
const pieceBytes = 4096;

/** Makes lines of a log's bytes, however these are cut into chunks. A lone carriage return ends a line, too. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  #line: LogLine | undefined;
  #afterReturn = false;

  constructor(readonly next: (line: LogLine) => void) {}

  add(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; at += pieceBytes) {
      this.#addText(this.#decoder.decode(chunk.subarray(at, at + pieceBytes), { stream: true }));
    }
  }

  end(): void {
    this.#addText(this.#decoder.decode());
    if (this.#line) this.#finish();
  }

  #addText(text: string): void {
    if (text === "") return;
    let from = this.#afterReturn && text.startsWith("\n") ? 1 : 0;
    this.#afterReturn = text.endsWith("\r");
    const lineEnd = /\r\n?|\n/g;
    lineEnd.lastIndex = from;
    for (let match = lineEnd.exec(text); match; match = lineEnd.exec(text)) {
      this.#extend(text.slice(from, match.index));
      this.#finish();
      from = lineEnd.lastIndex;
    }
    if (from < text.length) this.#extend(text.slice(from));
  }

  #extend(part: string): void {
    this.#line ??= { text: "", beyond: 0, end: "" };
    const line = this.#line;
    const room = line.beyond > 0 ? 0 : wholeCharacters(part, lookedAt - line.text.length);
    line.text += part.slice(0, room);
    if (part.length <= room) return;
    const rest = part.slice(room);
    line.beyond += byteLength(rest);
    line.end = `${line.end}${rest}`.slice(-endLength);
  }

  #finish(): void {
    const line = this.#line ?? { text: "", beyond: 0, end: "" };
    this.#line = undefined;
    this.next({ ...line, text: plainText(line.text) });
  }
}

/** Code units up to `end`, or one less where that would take half of a pair. */
function wholeCharacters(text: string, end: number): number {
  return /^[\ud800-\udbff]$/.test(text.charAt(end - 1)) && end < text.length ? end - 1 : end;
}
