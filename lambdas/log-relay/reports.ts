import type { ErrorPattern } from "./error-patterns.js";
import type { Match } from "./match.js";

/** The most lines of a report after its first, if an end pattern or the end of the indentation ends it. */
const mostLines = 5000;
const mostIndented = 80;
const mostOpen = 8;

interface Report {
  match: Match;
  begin: number;
  /** The number of prefixes on its lines; `prefix` is that of its first line. */
  depth: number;
  prefix: string;
}

/** Reports of failures that may still continue: a traceback up to its exception, a stack as long as it is indented. */
export class Reports {
  #open: Report[] = [];

  areOpen(): boolean {
    return this.#open.length > 0;
  }

  /** Whether a report needs this line to find its end. */
  needLine(number: number): boolean {
    return this.#open.some(
      ({ match, begin }) => match.pattern.until !== undefined || number > begin + match.pattern.after,
    );
  }

  open(number: number, match: Match, forms: readonly string[]): void {
    if (match.pattern.grade === "hint") return;
    const depth = Math.max(
      0,
      forms.findIndex((form) => match.pattern.regex.test(form)),
    );
    if (this.#open.length >= mostOpen) this.#open.shift();
    this.#open.push({ match, begin: number, depth, prefix: prefixOf(forms, depth) });
  }

  /** Adds a line to the reports that it belongs to. Returns their last line so far, if it belongs to any. */
  add(number: number, forms: readonly string[]): number | undefined {
    let until: number | undefined;
    this.#open = this.#open.filter((report) => {
      const { match, begin } = report;
      // A line of another service or thread neither belongs to the report nor ends it.
      const isOfAnotherSource = report.depth > 0 && prefixOf(forms, report.depth) !== report.prefix;
      if (isOfAnotherSource) return number - begin < mostLines;
      const text = forms[Math.min(report.depth, forms.length - 1)] ?? "";
      if (
        match.pattern.until ? number - begin > mostLines : number - begin > match.pattern.after + mostIndented
      ) {
        return false;
      }
      const { end, isOpen } = extendReport(match.pattern, begin, number, text);
      if (end === undefined) return false;
      match.after = Math.max(match.after, end - begin);
      until = Math.max(until ?? 0, end);
      return isOpen;
    });
    return until;
  }
}

/** The report's last line once this line is added, and whether the report can continue. */
function extendReport(
  { until, after }: ErrorPattern,
  begin: number,
  number: number,
  text: string,
): { end: number | undefined; isOpen: boolean } {
  if (until) return until.test(text) ? { end: number + after, isOpen: false } : { end: number, isOpen: true };
  if (number <= begin + after) return { end: begin + after, isOpen: true };
  return { end: /^(?:\s|$)/.test(text) ? number : undefined, isOpen: true };
}

/** The prefixes of a line without their numbers, because times differ. */
const prefixOf = (forms: readonly string[], depth: number): string => {
  const [whole = ""] = forms;
  const bare = forms[Math.min(depth, forms.length - 1)] ?? "";
  return whole.slice(0, whole.length - bare.length).replace(/\d+/g, "0");
};
