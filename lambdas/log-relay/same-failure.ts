import type { JobLog } from "./job-log.js";

/** If earlier excerpts show at least this share of a failure's lines, only the other lines are shown. */
const mostlyShown = 0.5;

const nothing: ReadonlySet<string> = new Set();

/** The failures of a run's jobs. Each is shown once, because the jobs of a matrix often fail in the same way. */
export class Failures {
  /** For each section: the lines that identify its failure, and all lines of its excerpt. */
  readonly #known: { failures: Set<string>; lines: Set<string> }[] = [];

  constructor(
    /** The minimum size of an excerpt, in bytes. */
    readonly share: number,
  ) {}

  /**
   * Finds the section with the same failure. If there is none, finds the lines of this failure that an earlier excerpt
   * shows.
   */
  compare({ digest }: JobLog): { same: number | undefined; shownBefore: ReadonlySet<string> } {
    const failures = digest?.failures(this.share) ?? nothing;
    const same =
      failures.size === 0 ? -1 : this.#known.findIndex((known) => isIn(failures, known.failures) === 1);
    if (same >= 0) return { same, shownBefore: nothing };
    const shownBefore =
      this.#known.find((known) => isIn(failures, known.failures) >= mostlyShown)?.lines ?? nothing;
    this.#known.push({ failures: new Set(failures), lines: digest?.lines(this.share) ?? new Set() });
    return { same: undefined, shownBefore };
  }
}

/** The share of `some` that is in `others`. */
function isIn(some: ReadonlySet<string>, others: ReadonlySet<string>): number {
  return [...some].filter((line) => others.has(line)).length / Math.max(1, some.size);
}
