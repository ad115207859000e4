import { byteLength, cutToBytes } from "../text/bytes.js";
import { amount } from "./amount.js";
import type { Found } from "./found.js";
import type { WindowLine } from "./log-window.js";
import { type Role, roleOf } from "./steps.js";

/** A line as it may be shown, and what it stands for. */
export interface ShownLine {
  /** Cut in the middle if it is long. */
  text: string;
  /** The line as far as it is held, where `text` is cut. */
  whole: string | undefined;
  found: Found | undefined;
  role: Role | undefined;
  /** Lines of the log that it stands for. */
  lines: number;
  /** Bytes of the log that it stands for, as plain text. */
  bytes: number;
  time: string;
}

const groupBegin = /^##\[group\]/;
const groupEnd = /^##\[endgroup\]$/;

/** Share of a long line's room that its beginning has. */
const beginningShare = 0.75;

/** Makes of a log's lines what is shown of them: cut where they are long, once where they are repeated. */
export class LineShow {
  #last: { line: WindowLine; role: Role | undefined; times: number } | undefined;

  constructor(
    readonly longestBytes: number,
    readonly next: (line: ShownLine) => void,
  ) {}

  add(line: WindowLine): void {
    // That a group ends tells nothing.
    if (groupEnd.test(line.text)) return;
    const role = roleOf(line.text);
    // A group's title tells the steps of a log apart.
    const text = line.text.replace(groupBegin, "").trimEnd();
    const last = this.#last;
    if (last && line.missing === 0 && last.line.missing === 0 && last.line.text === text) {
      last.times += 1;
      last.line.found ??= line.found;
      return;
    }
    this.end();
    this.#last = { line: { ...line, text }, role, times: 1 };
  }

  end(): void {
    if (!this.#last) return;
    const { line, role, times } = this.#last;
    this.#last = undefined;
    const repeated = times > 1 && line.text !== "" ? ` … (repeated ${times} times)` : "";
    const bytes = byteLength(line.text) + line.missing + byteLength(line.end);
    const { found, time } = line;
    const whole = line.missing === 0 ? line.text : joined(line.text, line.missing, line.end);
    const isCut = bytes > this.longestBytes;
    this.next({
      text: `${isCut ? bothEnds(line, bytes, this.longestBytes) : whole}${repeated}`,
      whole: isCut ? `${whole}${repeated}` : undefined,
      found,
      role,
      lines: times,
      bytes: (bytes + 1) * times,
      time,
    });
  }
}

/** The beginning and the end of a line, of at most `room` bytes together. */
function bothEnds({ text, missing, end }: WindowLine, bytes: number, room: number): string {
  const first = cutToBytes(text, room * beginningShare).text;
  const last = lastBytes(missing === 0 ? text.slice(first.length) : end, room * (1 - beginningShare));
  return joined(first, bytes - byteLength(first) - byteLength(last), last);
}

const joined = (first: string, missing: number, last: string): string =>
  `${first} … (${amount(missing)} of this line left out) … ${last}`;

/** The longest end of whole characters that has at most `max` bytes. */
function lastBytes(text: string, max: number): string {
  let from = text.length;
  for (let bytes = 0; from > 0; ) {
    const size = /[\udc00-\udfff]/.test(text.charAt(from - 1)) && from > 1 ? 2 : 1;
    bytes += byteLength(text.slice(from - size, from));
    if (bytes > max) break;
    from -= size;
  }
  return text.slice(from);
}
