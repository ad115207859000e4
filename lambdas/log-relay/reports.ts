import type { ErrorMark } from "./error-marks.js";
import type { Found } from "./found.js";

/** Lines beyond its mark that a report takes at most: one that ends by itself, one that is only indented. */
const mostLines = 5000;
const mostIndented = 80;
const mostOpen = 8;

interface Report {
  found: Found;
  begin: number;
  /** How many prefixes stand before its lines, and the first mark's prefix. */
  depth: number;
  prefix: string;
}

/** Reports of failures that may go on: a traceback to its exception, a stack as long as it is indented. */
export class Reports {
  #open: Report[] = [];

  areOpen(): boolean {
    return this.#open.length > 0;
  }

  /** Whether a report can only be followed if it sees this line. */
  needLine(number: number): boolean {
    return this.#open.some(
      ({ found, begin }) => found.mark.until !== undefined || number > begin + found.mark.after,
    );
  }

  open(number: number, found: Found, forms: readonly string[]): void {
    if (found.mark.grade === "hint") return;
    const depth = Math.max(
      0,
      forms.findIndex((form) => found.mark.pattern.test(form)),
    );
    if (this.#open.length >= mostOpen) this.#open.shift();
    this.#open.push({ found, begin: number, depth, prefix: prefixOf(forms, depth) });
  }

  /** Adds a line to the reports that it belongs to. The last line that is theirs so far, if it is any's. */
  add(number: number, forms: readonly string[]): number | undefined {
    let until: number | undefined;
    this.#open = this.#open.filter((report) => {
      const { found, begin } = report;
      // Another service's or another thread's line: neither of the report nor its end.
      const isAnothers = report.depth > 0 && prefixOf(forms, report.depth) !== report.prefix;
      if (isAnothers) return number - begin < mostLines;
      const text = forms[Math.min(report.depth, forms.length - 1)] ?? "";
      if (found.mark.until ? number - begin > mostLines : number - begin > found.mark.after + mostIndented) {
        return false;
      }
      const { end, isOpen } = goOn(found.mark, begin, number, text);
      if (end === undefined) return false;
      found.after = Math.max(found.after, end - begin);
      until = Math.max(until ?? 0, end);
      return isOpen;
    });
    return until;
  }
}

/** Up to which line a report goes on at this one, and whether it can go on after that. */
function goOn(
  { until, after }: ErrorMark,
  begin: number,
  number: number,
  text: string,
): { end: number | undefined; isOpen: boolean } {
  if (until) return until.test(text) ? { end: number + after, isOpen: false } : { end: number, isOpen: true };
  if (number <= begin + after) return { end: begin + after, isOpen: true };
  return { end: /^(?:\s|$)/.test(text) ? number : undefined, isOpen: true };
}

/** What stands before a line's own text, without its numbers: those of times differ. */
const prefixOf = (forms: readonly string[], depth: number): string => {
  const [whole = ""] = forms;
  const bare = forms[Math.min(depth, forms.length - 1)] ?? "";
  return whole.slice(0, whole.length - bare.length).replace(/\d+/g, "0");
};
