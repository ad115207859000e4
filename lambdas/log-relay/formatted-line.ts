import { byteLength, cutToBytes } from "../text/bytes.js";
import { formatBytes } from "./format-bytes.js";
import type { WindowLine } from "./log-window.js";
import type { Match } from "./match.js";
import { type Role, roleOf } from "./steps.js";

/** A line as it appears in an excerpt, with the lines of the log that it represents. */
export interface FormattedLine {
  /** Cut in the middle if it is long. */
  text: string;
  /** If `text` is cut: all of the line that is held. */
  whole: string | undefined;
  match: Match | undefined;
  role: Role | undefined;
  isRare: boolean;
  /** The number of lines of the log that it represents. */
  lines: number;
  /** Bytes of these lines, as plain text. */
  bytes: number;
  time: string;
}

const groupBegin = /^##\[group\]/;
const groupEnd = /^##\[endgroup\]$/;

/** How much of a cut line's bytes its beginning gets, as a share. */
const beginningShare = 0.75;

/** Formats the lines of a log: cuts long ones and merges repeated ones. */
export class LineFormatter {
  #last: { line: WindowLine; role: Role | undefined; times: number } | undefined;

  constructor(
    readonly longestBytes: number,
    readonly next: (line: FormattedLine) => void,
  ) {}

  add(line: WindowLine): void {
    // The end of a group carries no information.
    if (groupEnd.test(line.text)) return;
    const role = roleOf(line.text);
    // Keep the title of a group, because it separates the steps of a log.
    const text = line.text.replace(groupBegin, "").trimEnd();
    const last = this.#last;
    if (last && line.missing === 0 && last.line.missing === 0 && last.line.text === text) {
      last.times += 1;
      last.line.match ??= line.match;
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
    const { match, isRare, time } = line;
    const whole = line.missing === 0 ? line.text : joined(line.text, line.missing, line.end);
    const isCut = bytes > this.longestBytes;
    this.next({
      text: `${isCut ? bothEnds(line, bytes, this.longestBytes) : whole}${repeated}`,
      whole: isCut ? `${whole}${repeated}` : undefined,
      match,
      role,
      isRare,
      lines: times,
      bytes: (bytes + 1) * times,
      time,
    });
  }
}

/** The beginning and the end of a line, of at most `budget` bytes together. */
function bothEnds({ text, missing, end }: WindowLine, bytes: number, budget: number): string {
  const first = cutToBytes(text, budget * beginningShare).text;
  const last = lastBytes(missing === 0 ? text.slice(first.length) : end, budget * (1 - beginningShare));
  return joined(first, bytes - byteLength(first) - byteLength(last), last);
}

const joined = (first: string, missing: number, last: string): string =>
  `${first} … (${formatBytes(missing)} of this line left out) … ${last}`;

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
