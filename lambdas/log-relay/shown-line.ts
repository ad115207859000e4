import { byteLength, cutToBytes } from "../text/bytes.js";
import { amount } from "./amount.js";
import { type ErrorMark, errorMarkOf } from "./error-marks.js";
import type { LogLine } from "./line-splitter.js";

/** A line as it may be shown, and what it stands for. */
export interface ShownLine {
  text: string;
  mark: ErrorMark | undefined;
  /** Lines of the log that it stands for. */
  lines: number;
  /** Bytes of the log that it stands for, as plain text. */
  bytes: number;
}

const groupBegin = /^##\[group\]/;
const groupEnd = /^##\[endgroup\]$/;

/** Makes of a log's lines what is shown of them: cut where they are long, once where they are repeated. */
export class LineShow {
  #last: { line: LogLine; times: number } | undefined;

  constructor(
    readonly longestBytes: number,
    readonly next: (line: ShownLine) => void,
  ) {}

  add(line: LogLine): void {
    // A group's title tells the steps of a log apart; that it ends tells nothing.
    if (groupEnd.test(line.text)) return;
    const text = line.text.replace(groupBegin, "").trimEnd();
    if (this.#last && line.beyond === 0 && this.#last.line.text === text && this.#last.line.beyond === 0) {
      this.#last.times += 1;
      return;
    }
    this.end();
    this.#last = { line: { ...line, text }, times: 1 };
  }

  end(): void {
    if (!this.#last) return;
    const { line, times } = this.#last;
    this.#last = undefined;
    const repeated = times > 1 && line.text !== "" ? ` … (repeated ${times} times)` : "";
    const bytes = byteLength(line.text);
    this.next({
      text: `${this.#cut(line, bytes)}${repeated}`,
      mark: errorMarkOf(line.text),
      lines: times,
      bytes: (bytes + line.beyond + 1) * times,
    });
  }

  #cut({ text, beyond }: LogLine, bytes: number): string {
    if (beyond === 0 && bytes <= this.longestBytes) return text;
    const shown = cutToBytes(text, this.longestBytes);
    return `${shown.text} … (${amount(shown.missing + beyond)} of this line left out)`;
  }
}
