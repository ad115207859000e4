import { type ErrorMark, errorMarkOf } from "./error-marks.js";

/** Lines of one kind after which those that follow are only of interest among the log's last ones. */
const flood = 200;
const mostKinds = 5000;

interface Kind {
  mark: ErrorMark | undefined;
  count: number;
}

/** Finds the marks in lines. Looks only once at lines that differ in nothing but their numbers. */
export class Kinds {
  readonly #kinds = new Map<string, Kind>();

  see(line: string, isRed: boolean): { mark: ErrorMark | undefined; isFlood: boolean } {
    // That a count is zero makes a difference.
    const key = line.slice(0, 400).replace(/\d+/g, (digits) => (/^0+$/.test(digits) ? "0" : "1")) + isRed;
    let kind = this.#kinds.get(key);
    if (!kind) {
      kind = { mark: errorMarkOf(line, isRed), count: 0 };
      if (this.#kinds.size >= mostKinds) this.#kinds.clear();
      this.#kinds.set(key, kind);
    }
    kind.count += 1;
    return { mark: kind.mark, isFlood: kind.count > flood };
  }
}
